# Sourced by the scripts of tools/: the pinned tools of tools/contract, installed again only when what is pinned has
# changed, and the clock of their reports.

export npm_config_audit=false npm_config_fund=false npm_config_update_notifier=false PIP_DISABLE_PIP_VERSION_CHECK=1

# Node and pip bring certificates of their own; who sits behind a proxy has its certificate among the machine's.
readonly machine_certificates=/etc/ssl/certs/ca-certificates.crt
if [ -e "$machine_certificates" ]; then
    export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$machine_certificates} PIP_CERT=${PIP_CERT:-$machine_certificates}
fi

fresh() {
    local stamp=$1 pins=$2
    [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$(sha256sum <"$pins")" ]
}

# The node packages of a folder.
install_node_tools() {
    local folder=$1
    fresh "$folder/node_modules/.pins" "$folder/package-lock.json" && return
    # No script of a package is run: none of these tools needs one.
    npm ci --prefix "$folder" --ignore-scripts --loglevel=error
    sha256sum <"$folder/package-lock.json" >"$folder/node_modules/.pins"
}

# The python packages of a folder, in an environment of their own.
install_python_tools() {
    local folder=$1
    fresh "$folder/.venv/.pins" "$folder/requirements.txt" && return
    rm -rf "$folder/.venv"
    python3 -m venv "$folder/.venv"
    "$folder/.venv/bin/pip" install --quiet --require-hashes -r "$folder/requirements.txt"
    sha256sum <"$folder/requirements.txt" >"$folder/.venv/.pins"
}

seconds_since() { awk -v start="$1" -v end="$EPOCHREALTIME" 'BEGIN { print end - start }'; }
