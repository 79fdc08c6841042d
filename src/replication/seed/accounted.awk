# Reads what a server says of its tables (part 1: `database.table=ROWS`, or nothing behind the sign where rows
# are not counted; `=` at its end), then the dump of them (part 2), and says what the dump lacks of it.
#
# A dump has a row on a line; where it names the columns, the first one stands behind VALUES. A row has no line
# break in it: it is written as \n. What routines, triggers and events say stands between lines with DELIMITER.

function identifier(text, at, name) {
    name = ""
    while ((at = index(text, "`")) > 0) {
        name = name substr(text, 1, at - 1)
        if (substr(text, at + 1, 1) != "`") break
        name = name "`"
        text = substr(text, at + 2)
    }
    gsub(/[\\\047 =]/, "/", name)
    return name
}

part == 1 {
    if ($0 == "=") whole = 1
    else if (match($0, /=[0-9]*$/)) wanted[substr($0, 1, RSTART - 1)] = substr($0, RSTART + 1)
    next
}

/^DELIMITER / { program = ($0 != "DELIMITER ;"); next }
program { next }
/^\(/ { if (table != "") held[table]++; next }
{ table = "" }
/^USE `/ { database = identifier(substr($0, 6)); next }
/^CREATE TABLE `/ { made[database "." identifier(substr($0, 15))] = 1; next }
/^CREATE SEQUENCE `/ { made[database "." identifier(substr($0, 18))] = 1; next }
/^\/\*!50001 CREATE VIEW `/ { made[database "." identifier(substr($0, 23))] = 1; next }
/^INSERT INTO `/ {
    table = database "." identifier(substr($0, 14))
    if ($0 ~ /VALUES$/) lines = 1
    else held[table]++
}

END {
    if (!whole) { print "the server did not say what it has"; exit 1 }
    for (name in wanted) {
        tables++
        if (!(name in made)) trouble = trouble " " name
        # Other dumps have many rows on a line.
        else if (lines && wanted[name] != "") {
            rows += wanted[name]
            if (held[name] + 0 != wanted[name])
                trouble = trouble " " name " (" held[name] + 0 " of " wanted[name] " rows)"
        }
    }
    if (trouble != "") { print "lacking:" trouble; exit 1 }
    printf "%d tables and views, %.0f rows\n", tables, rows
}
