
# crm with verbs of bascule, as if crmsh had them; all else goes to crmsh, untouched.
function crm
    switch "$argv[1]"
        case @words@
            command bascule $argv
        case '*'
            command crm $argv
    end
end
complete --command crm --no-files --keep-order --arguments '(__bascule_complete)'
