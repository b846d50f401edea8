# Starts a Postgres cluster in the directory $1 with the binaries in $2, and stops it when its standard input closes.
# Tests need speed and not what they committed; with a third argument, `durable`, the settings are Postgres' own.
#
# The other end of that pipe belongs to the test process alone, so the kernel closes it however the process ends: return,
# panic, abort or SIGKILL. Nothing in the test process has to run for the server to go.

dir=$1
bin=$2
durability=$3

finish() {
    # `immediate`: nothing here is worth a checkpoint.
    "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1
    rm -rf "$dir"
    exit
}

# A signal to the terminal's process group, or to this shell, ends the server too.
trap finish HUP INT TERM

start() {
    "$bin/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync --no-instructions || return
    cat >>"$dir/data/postgresql.conf" <<CONF || return
listen_addresses = ''
unix_socket_directories = '$dir'
max_connections = 200
CONF
    [ "$durability" = durable ] || cat >>"$dir/data/postgresql.conf" <<CONF || return
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
    "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w start
}

if ! start >"$dir/log" 2>&1; then
    echo failed
    cat "$dir"/*log
    finish
fi

echo ready
read -r _
finish
