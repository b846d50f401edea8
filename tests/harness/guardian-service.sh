# Runs a server, $2 and its arguments, in the directory $1, and stops it when its standard input closes: see guardian.sh.
# Whoever started this waits for the server's port.

dir=$1
shift

# The guardian leads a process group, and all that the server started is in it.
finish() {
    trap '' TERM
    kill -TERM 0
    sleep 0.2
    rm -rf "$dir"
    kill -KILL 0
}
trap finish HUP INT TERM

"$@" >"$dir/log" 2>&1 </dev/null &
echo ready
read -r _
finish
