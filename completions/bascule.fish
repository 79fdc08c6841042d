# fish completion for bascule. It asks the program, so it is never older than what is installed.
function __bascule_complete
    set --local --export BASCULE_COMPLETE fish
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local answer (command bascule $words (commandline --current-token --cut-at-cursor) 2>/dev/null)
    switch "$answer[1]"
        case words
            string join \n -- $answer[2..-1]
        case files arguments
            __fish_complete_path (commandline --current-token --cut-at-cursor)
        case commands
            __fish_complete_command
    end
end
complete --command bascule --no-files --keep-order --arguments '(__bascule_complete)'
