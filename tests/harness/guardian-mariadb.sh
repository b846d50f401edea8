# Starts a MariaDB server in the directory $1 with the binaries in $2 (mariadbd) and $3 (mariadb-install-db), and stops it
# when its standard input closes: as guardian.sh does for Postgres, and for the reason given there.

dir=$1
server=$2
install=$3

finish() {
    # Nothing here is worth a shutdown.
    [ -z "$pid" ] || { kill -KILL "$pid" && wait "$pid"; } 2>/dev/null
    rm -rf "$dir"
    exit
}

# A signal to the terminal's process group, or to this shell, ends the server too.
trap finish HUP INT TERM

start() {
    "$install/mariadb-install-db" --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db \
        --innodb-log-file-size=8M --innodb-flush-log-at-trx-commit=0 || return
    "$server/mariadbd" --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --skip-networking \
        --character-set-server=utf8mb4 --max-connections=200 --performance-schema=OFF --innodb-log-file-size=8M \
        --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=OFF --skip-log-bin \
        </dev/null >"$dir/server.log" 2>&1 &
    pid=$!
    until grep -q 'ready for connections' "$dir/server.log"; do
        kill -0 "$pid" || return
        sleep 0.05
    done
}

if ! start >"$dir/log" 2>&1; then
    echo failed
    cat "$dir"/*log
    finish
fi

echo ready
read -r _
finish
