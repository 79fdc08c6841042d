
# crm with verbs of bascule, as if crmsh had them; all else goes to crmsh, untouched.
crm() {
    case ${1-} in
        @words@) command bascule "$@" ;;
        *) command crm "$@" ;;
    esac
}
compdef _bascule crm
