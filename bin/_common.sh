# What bin/demo, bin/test and bin/manage share: the environment that they run in. Sourced, not run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
venv=$root/.venv
python=$venv/bin/python
say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Debian packages: installed when root, otherwise the command to run is printed.
need_packages() {
  local missing=() package
  command -v dpkg-query >/dev/null || { say "No Debian here: see that these are installed: $*"; return 0; }
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    die "Missing packages. Run: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}"
  fi
  say "Installing ${missing[*]}"
  local log; log=$(mktemp)
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 \
    || { tail -n 3 "$log" >&2; die "The packages could not be installed (no network?): ${missing[*]}"; }
}

# Python that the portal runs on: 3.11 or newer.
base_python() {
  local candidate
  for candidate in python3 python3.13 python3.12 python3.11; do
    command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$candidate"; return; }
  done
  die "Python 3.11 or newer is needed."
}

setup() { # more packages that the caller needs: all are asked for at once
  local base more=(); base=$(base_python)
  "$base" -c 'import ensurepip' 2>/dev/null || more=(python3-venv)
  need_packages libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk "${more[@]}" "$@"
  if ! "$python" -c '' 2>/dev/null; then
    say "Making the environment in .venv"
    rm -rf "$venv"
    "$base" -m venv "$venv" || die "The environment could not be made: $base -m venv .venv"
  fi
  local want; want=$(sha256sum requirements.txt | cut -c1-64)
  if [ "$(cat "$venv/.requirements" 2>/dev/null)" != "$want" ]; then
    say "Installing the Python packages (a minute or two)"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt >"$venv/pip.log" 2>&1 \
      || { grep -E '^ERROR' "$venv/pip.log" | tail -n 1 >&2 || true; die "The Python packages could not be installed (no network?). See .venv/pip.log"; }
    echo "$want" >"$venv/.requirements"
  fi
}

free_port() { "$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
as_postgres() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups env -i LANG=C.UTF-8 "$@"; else "$@"; fi; }

# PostgreSQL and Redis on free ports, in a folder of their own; DATABASE_URL and REDIS_URL are set.
redis_pid=
start_services() { # folder
  local port redis_port pg
  pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  port=$(free_port)
  mkdir "$1/pg"; [ "$(id -u)" != 0 ] || chown postgres "$1/pg"
  as_postgres "$pg/initdb" -D "$1/pg/data" -A trust -U portal -E UTF8 --locale=C.UTF-8 >"$1/initdb" 2>&1 || { tail -n 3 "$1/initdb" >&2; die "PostgreSQL could not be set up"; }
  as_postgres "$pg/pg_ctl" -D "$1/pg/data" -w -l "$1/pg/log" -o "-p $port -k $1/pg -h 127.0.0.1 -c fsync=${fsync:-off} -c autovacuum=${autovacuum:-on} -c max_connections=200" start >/dev/null || die "PostgreSQL did not start: $(tail -n 1 "$1/pg/log")"
  redis_port=$(free_port)
  redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$1" >"$1/redis" 2>&1 & redis_pid=$!
  export DATABASE_URL=postgres://portal@127.0.0.1:$port/postgres REDIS_URL=redis://127.0.0.1:$redis_port/0
}

stop_services() { # folder, which goes
  local pg; pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  [ ! -d "$1/pg/data" ] || as_postgres "$pg/pg_ctl" -D "$1/pg/data" -m immediate stop >/dev/null 2>&1 || true
  [ -z "$redis_pid" ] || kill "$redis_pid" 2>/dev/null || true
  rm -rf "$1"
}
