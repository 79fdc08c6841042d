# Waits until none of the XA transactions is prepared any more that are now, and fails with those that are
# left after $patience seconds. $client, $host and $ends, what to do about one, come before.
listed() { echo "XA RECOVER FORMAT='SQL';" | eval "$client"; }
said=$(listed) || exit 1
left=$(printf '%s\n' "$said" | cut -f 4)
end=$(($(date +%s) + patience))
while [ -n "$left" ] && [ "$(date +%s)" -lt "$end" ]; do
    sleep 0.2
    said=$(listed) || exit 1
    now=$(printf '%s\n' "$said" | cut -f 4)
    left=$(printf '%s\n' "$left" | while IFS= read -r one; do
        ! printf '%s\n' "$now" | grep -qxF -e "$one" || printf '%s\n' "$one"
    done)
done
[ -n "$left" ] || exit 0
several=$(printf '%s\n' "$left" | head -n 4 | paste -sd '|' | sed 's/|/ and /g')
echo "$host has a prepared XA transaction, $several, $ends" >&2
exit 1
