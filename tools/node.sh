# For the scripts beside this one, which source it: whether Node and npm are here and new enough, and what npm installs.

# Says what is missing, what for ($1) and what happens without ($2); fails where nothing may be missing (CI=true).
# Returns 0 where all is there, 1 where the caller goes on without.
have_node() {
    missing=""
    if ! command -v node >/dev/null 2>&1; then
        missing="node"
    elif [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" != true ]; then
        missing="node 20 or newer (this is $(node --version))"
    elif ! command -v npm >/dev/null 2>&1; then
        missing="npm"
    fi
    [ -n "$missing" ] || return 0
    echo "==> Missing on this machine: $missing. $1" >&2
    echo "    Install it: sudo apt-get install nodejs npm (Debian 13, Ubuntu 25.04 or newer), else from nodejs.org" >&2
    [ "${CI:-}" != true ] || exit 1
    echo "    Going on without: $2" >&2
    return 1
}

# Installs what package-lock.json of the folder $1 names, once for each state of it; $2 says what that is.
install_locked() {
    installed=$1/node_modules/.package-lock.json
    if [ ! -f "$installed" ] || [ "$1/package-lock.json" -nt "$installed" ]; then
        echo "==> Installing $2 ($1/package-lock.json)"
        (cd "$1" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error)
        touch "$installed"
    fi
}
