# bash completion for bascule. It asks the program, so it is never older than what is installed.
# bash itself knows no descriptions: they stand in the list, and never in the line.
_bascule() {
    local typed=${2-} word value help prefix width=0 at
    local values=() helps=()
    {
        # What bash cuts at = and : is one word for the program, which says so first.
        IFS= read -r word
        while IFS=$'\t' read -r value help; do
            values+=("$value") helps+=("$help")
            ((${#value} <= width)) || width=${#value}
        done
    } < <(BASCULE_COMPLETE=line command bascule "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    prefix=${word%"$typed"}
    COMPREPLY=()
    compopt -o nosort 2>/dev/null
    if ((${#values[@]} == 1)); then
        value=${values[0]#"$prefix"}
        [[ $value != *[=:/,] ]] || compopt -o nospace 2>/dev/null
        [[ $typed == [\'\"]* || $value != *[[:space:]\;\|\&\<\>\(\)\$\`\\\"\'*?\[]* ]] || printf -v value %q "$value"
        COMPREPLY=("$value")
        return
    fi
    for at in "${!values[@]}"; do
        value=${values[at]}
        # Only where a list is shown: 63 is the second Tab, 33 and 64 are shows at the first one.
        if [[ ${COMP_TYPE-9} =~ ^(63|33|64)$ && -n ${helps[at]} ]]; then
            printf -v value "%-${width}s  %s" "$value" "${helps[at]}"
            value=${value:0:${COLUMNS:-80}-1}
        fi
        COMPREPLY+=("${value#"$prefix"}")
    done
}
complete -F _bascule bascule
