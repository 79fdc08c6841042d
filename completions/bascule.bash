# shellcheck shell=bash
# bash completion for bascule. It asks the program, so it is never older than what is installed.
_bascule() {
    local kind
    COMPREPLY=()
    compopt -o nosort 2>/dev/null
    {
        IFS= read -r kind
        mapfile -t COMPREPLY
    } < <(BASCULE_COMPLETE=bash command bascule "${COMP_TYPE-9}" "${COLUMNS:-80}" "${2-}" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    case $kind in
        open) compopt -o nospace 2>/dev/null ;;
        commands) mapfile -t COMPREPLY < <(compgen -c -- "${2-}") ;;
        files | arguments) compopt -o default 2>/dev/null ;;
    esac
}
complete -F _bascule bascule
