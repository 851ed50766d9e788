# shellcheck shell=bash
# Sourced by the launchers. Standard error is for people; exit 4 says that no environment could be had.

# A standard stream that is closed leads nowhere: what is opened next would be given its number, and be taken for it.
[[ -e /dev/fd/0 ]] || exec 0</dev/null
[[ -e /dev/fd/1 ]] || exec 1>/dev/null
[[ -e /dev/fd/2 ]] || exec 2>/dev/null

give_up() {  # what is wrong; what to run next
  printf 'error: %s\n  next: %s\n' "$1" "$2" >&2
  exit 4
}

# Whether environment $1 was made from lock $2 as it stands now, and its Python is still there.
is_fresh() { [[ -x $1/bin/python ]] && cmp -s "$2" "$1/installed-lock.txt"; }

# Whether program $1 is a Python that is new enough.
is_supported() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Makes environment $1 from lock $2 unless it is fresh.
ensure_environment() {
  local maker
  if is_fresh "$1" "$2"; then return; fi
  maker=$(supported_python) || exit
  # shellcheck disable=SC2154 # whoever sources this file sets it
  "$maker" "$root/bin/make_environment.py" "$1" "$2" || exit
}

# Prints the first Python that is new enough.
supported_python() {
  local candidate
  for candidate in "${RUNBOOK_PYTHON:-python3}" python3.13 python3.12 python3.11; do
    if is_supported "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  give_up "no Python of 3.11 or later is on PATH; the first one is: $(python3 --version 2>&1)" \
    "install one (on Debian: apt-get install python3 python3-venv), or set RUNBOOK_PYTHON to one"
}
