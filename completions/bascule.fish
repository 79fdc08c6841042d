# fish completion for bascule. It asks the program, so it is never older than what is installed.
function __bascule_complete
    set --local --export BASCULE_COMPLETE words
    command bascule (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token --cut-at-cursor) 2>/dev/null
end
complete --command bascule --no-files --keep-order --arguments '(__bascule_complete)'
