
# Behind sudo as well, where nothing completes that yet.
_bascule_sudo() {
    local behind='^[[:space:]]*sudo[[:space:]]+((-[ugpCDhRTrt][[:space:]]+[^[:space:]]+|-[^[:space:]]+|[[:alpha:]_]+=[^[:space:]]*)[[:space:]]+)*(bascule[[:space:]].*)$'
    COMPREPLY=()
    if [[ ${COMP_LINE:0:COMP_POINT} =~ $behind ]]; then
        COMP_LINE=${BASH_REMATCH[3]} COMP_POINT=${#BASH_REMATCH[3]}
        _bascule "$@"
    elif ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "${2-}")
    else
        compopt -o default 2>/dev/null
    fi
}
complete -p sudo >/dev/null 2>&1 || complete -p -D >/dev/null 2>&1 || complete -F _bascule_sudo sudo

# crm with verbs of bascule, as if crmsh had them; all else goes to crmsh, untouched.
crm() {
    case ${1-} in
        @words@) command bascule "$@" ;;
        *) command crm "$@" ;;
    esac
}
complete -F _bascule crm
