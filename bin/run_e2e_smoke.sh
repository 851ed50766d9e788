#!/usr/bin/env bash
# The smoke of the runbook in one command; every argument goes to pytest.
#
#   bash bin/run_e2e_smoke.sh                     the whole smoke
#   bash bin/run_e2e_smoke.sh -v -k "a or b"      verbose, and only what matches
#   E2E_BROWSER=no bash bin/run_e2e_smoke.sh      without the browser tests
#   E2E_PYTHON=/path/to/python bash bin/run_e2e_smoke.sh
#
# It is the fast tier and, where `nox -s browser` has made their environment, the browser tests, in one run.
#
# The interpreter is E2E_PYTHON, else an environment that already holds exactly what the lock names (of nox, of
# an earlier run, or the active one), else .runbook/smoke-environment, which is made from the lock.
set -euo pipefail
trap 'exit 130' INT # else bash goes on where what it waited for has ended well
unset CDPATH # by which cd may end elsewhere
self=${BASH_SOURCE[0]}
while [[ -L $self ]]; do # a link to it, on somebody's PATH
  link=$(readlink "$self")
  self=$(cd "$(dirname "$self")" && cd "$(dirname "$link")" && pwd)/$(basename "$link")
done
root=$(cd "$(dirname "$self")/.." && pwd)
source "$root/bin/environment.sh"
lock=$root/requirements/fast.txt

# Sets `python`.
choose_python() {
  local environment
  for environment in "$root/.nox/fast" "$root/.runbook/smoke-environment"; do
    python=$environment/bin/python
    if is_fresh "$environment" "$lock"; then return; fi
  done
  if [[ -n ${VIRTUAL_ENV:-} ]] && "$VIRTUAL_ENV/bin/python" "$root/bin/make_environment.py" --check "$lock"; then
    python=$VIRTUAL_ENV/bin/python
    return
  fi
  ensure_environment "$environment" "$lock"
}

tier=fast
python=${E2E_PYTHON:-}
if [[ -z $python && ${E2E_BROWSER:-} != no ]] && is_fresh "$root/.nox/browser" "$root/requirements/browser.txt"; then
  tier=fast+browser
  python=$root/.nox/browser/bin/python
elif [[ -z $python ]]; then
  choose_python
else
  advice="unset E2E_PYTHON, or point it at a Python that has what $lock names"
  command -v "$python" >/dev/null || give_up "E2E_PYTHON is $python, which is no program" "$advice"
  is_supported "$python" || give_up "E2E_PYTHON is $python, which is no Python of 3.11 or later" "$advice"
  lacking=$("$python" "$root/bin/make_environment.py" --lacking "$lock") ||
    give_up "E2E_PYTHON is $python, which lacks $lacking" "$advice"
  [[ $python != */* ]] || python=$(cd "$(dirname "$python")" && pwd)/$(basename "$python")
fi
cd "$root"
PYTHONPATH=$root/bin exec "$python" -m runbook.smoke --tier "$tier" -- "$@"
