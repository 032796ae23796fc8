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
