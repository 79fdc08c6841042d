
# crm vip …, crm web …, crm db …, as if crmsh had them; all else goes to crmsh, untouched.
crm() {
    case ${1-} in
        vip | web | db) command bascule "$@" ;;
        *) command crm "$@" ;;
    esac
}
_bascule_crm() {
    local theirs
    if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} =~ ^(vip|web|db)$ ]]; then
        COMP_POINT=$((COMP_POINT - ${#COMP_WORDS[0]} + 7))
        COMP_LINE=bascule${COMP_LINE#"${COMP_WORDS[0]}"}
        _bascule "$@"
        return
    fi
    if ! declare -F _crm >/dev/null && declare -F _comp_load >/dev/null; then
        _comp_load crm
    elif ! declare -F _crm >/dev/null && declare -F __load_completion >/dev/null; then
        __load_completion crm
    fi
    # Loading took the place of this function.
    complete -F _bascule_crm crm
    COMPREPLY=()
    ! declare -F _crm >/dev/null || _crm "$@"
    if ((COMP_CWORD == 1)); then
        for theirs in vip web db; do
            [[ $theirs != "${2-}"* ]] || COMPREPLY+=("$theirs")
        done
    fi
}
complete -F _bascule_crm crm
