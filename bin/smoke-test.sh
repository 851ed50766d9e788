#!/usr/bin/env bash
# The five checks of an app of the hub, with nothing but bash, curl and jq.
#
#   bash bin/smoke-test.sh notes                     one app of this checkout, on a hub that is started for it
#   bash bin/smoke-test.sh --all                     every app of this checkout, one boot
#   bash bin/smoke-test.sh --all --url https://hub.example.org    what a running portal shows to the test user
#   bash bin/smoke-test.sh --apps FOLDER --all       the apps of another folder
#
# HUB_TEST_USER and HUB_TEST_PASSWORD are the test user of a running deployment.
# Standard output: a FAIL line a failed check, then RESULT. Standard error: for people.
# Exit: 0 green, 1 red, 2 usage, 4 nothing to smoke with, 130 interrupted.
# It keeps to what bash 3.2 knows, for that is the bash of macOS: no coprocesses, no arrays by name.
set -euo pipefail
unset CDPATH # by which cd may end elsewhere
self=${BASH_SOURCE[0]}
while [[ -L $self ]]; do # a link to it, on somebody's PATH
  link=$(readlink "$self")
  self=$(cd "$(dirname "$self")" && cd "$(dirname "$link")" && pwd)/$(basename "$link")
done
root=$(cd "$(dirname "$self")/.." && pwd)
# shellcheck source=bin/environment.sh
source "$root/bin/environment.sh"
apps=${HUB_APPS:-$root/bin/hub/apps}
schema=$root/docs/schemas/app-manifest.schema.json
checks=5 # that bin/smoke-test.jq makes of each app

usage() {
  printf 'error: %s\n  next: bash bin/smoke-test.sh --all\n' "$1" >&2
  exit 2
}

# Sets `slugs`, `all`, `portal` and `apps`.
read_arguments() {
  slugs=() all=no portal=
  while (($#)); do
    case $1 in
      --all) all=yes ;;
      --url | --apps)
        (($# > 1)) || usage "$1 needs a value"
        if [[ $1 == --url ]]; then portal=${2%/}; else apps=$2; fi
        shift
        ;;
      -h | --help)
        sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 0
        ;;
      -*) usage "there is no option $1" ;;
      *) slugs+=("$1") ;;
    esac
    shift
  done
  local slug
  for slug in ${slugs[@]+"${slugs[@]}"}; do
    [[ $slug =~ ^[A-Za-z0-9][A-Za-z0-9._-]*$ ]] || usage "$slug is no slug"
  done
  [[ $all == yes ]] || ((${#slugs[@]})) || usage "name an app, or --all"
  [[ $all == no ]] || ((!${#slugs[@]})) || usage "name apps or --all, not both"
  [[ -z $portal || $portal =~ ^https?://[A-Za-z0-9.:-]+$ ]] || usage "$portal is no address of a portal"
}

# Sets `python`: HUB_PYTHON, else an environment that holds what the lock names, made if there is none.
choose_python() {
  python=${HUB_PYTHON:-}
  if [[ -n $python ]]; then return; fi
  local environment lock=$root/requirements/hub.txt
  for environment in "$root"/.nox/{hub-smoke,hub-command,hub} "$root/.runbook/hub-environment"; do
    python=$environment/bin/python
    if is_fresh "$environment" "$lock"; then return; fi
  done
  ensure_environment "$environment" "$lock"
}

# Remembers that app $1 is at address $2; `known` and `addresses` stand side by side.
remember() { known+=("$1") addresses+=("$2"); }

# Sets `url` to where app $1 is, as far as that was said.
look_up() {
  local place
  url=
  for ((place = 0; place < ${#known[@]}; place++)); do
    if [[ ${known[place]} == "$1" ]]; then url=${addresses[place]}; fi
  done
}

# Starts a hub of our own; sets `portal`, and remembers its apps. It ends when its standard input does: with this script,
# which alone holds the other end.
start_hub() {
  choose_python
  export PYTHONPATH=$root/bin PYTHONDONTWRITEBYTECODE=1 HUB_EXIT_WITH_PARENT=1 HUB_DATA=$scratch/data
  export HUB_TEST_USER=smoke HUB_TEST_PASSWORD=smoke-$RANDOM$RANDOM$RANDOM
  mkfifo "$scratch/life" "$scratch/said"
  exec 3<>"$scratch/life"
  "$python" -m hub --apps "$apps" serve --port 0 <"$scratch/life" >"$scratch/said" 2>"$scratch/hub.log" 3>&- &
  hub=$!
  exec 4<"$scratch/said"
  local word slug at
  while read -r word slug at <&4; do
    case $word in
      app) remember "$slug" "$at" ;;
      hub) portal=${at##* } && return ;;
    esac
  done
  give_up "the hub did not start: $(tail -n 2 "$scratch/hub.log" | tr '\n' ' ')" "bin/invoke up"
}

# Sets `slugs` to what the portal shows to the test user, and remembers where they are.
ask_portal() {
  local listed slug at
  listed=$(ask "$portal/api/apps" --header "Authorization: Bearer $stranger") ||
    give_up "$portal does not list its apps" "curl -i $portal/health"
  while IFS=$'\t' read -r slug at; do
    slugs+=("$slug")
    remember "$slug" "$at"
  done < <(jq -r '.apps[] | [.slug, .url] | @tsv' <<<"$listed")
}

# What one address says; fails where it says no.
ask() { curl "${how[@]}" --fail "$@"; }

# Prints a token of the test user for app $1.
token_for() {
  ask "$portal/identity/token" --data grant_type=password --data "client_id=$1" \
    --data-urlencode "username=$HUB_TEST_USER" --data-urlencode "password=$HUB_TEST_PASSWORD" |
    jq -er .access_token
}

# Prints the FAIL lines of app $1 at address $2.
check_app() {
  local at=$scratch/answers health token statuses
  rm -rf "$at" && mkdir "$at" && touch "$at"/{manifest,nobody,page,token,health,me,stranger,forger}
  # Several requests over one connection, and one process for all of them.
  statuses=$(curl "${how[@]}" "${tell[@]}" --output "$at/manifest" "$2/.hub/manifest" \
    --next "${how[@]}" "${tell[@]}" --output "$at/nobody" "$2/api/me" \
    --next "${how[@]}" "${tell[@]}" --output "$at/page" --header "Accept: text/html" "$2/" \
    --next "${how[@]}" "${tell[@]}" --output "$at/token" "$portal/identity/token" \
    --data grant_type=password --data "client_id=$1" \
    --data-urlencode "username=$HUB_TEST_USER" --data-urlencode "password=$HUB_TEST_PASSWORD") || true
  # What is wrong in these two is for the checks to say; here they are only passed on.
  health=/health token=
  if [[ $(<"$at/manifest") =~ \"health_path\":\ *\"(/[A-Za-z0-9._~/-]*)\" ]]; then health=${BASH_REMATCH[1]}; fi
  if [[ $(<"$at/token") =~ \"access_token\":\ *\"([A-Za-z0-9._-]*)\" ]]; then token=${BASH_REMATCH[1]}; fi
  statuses+=$'\n'$(curl "${how[@]}" "${tell[@]}" --output "$at/health" "$2$health" \
    --next "${how[@]}" "${tell[@]}" --output "$at/me" --header "Authorization: Bearer $token" "$2/api/me" \
    --next "${how[@]}" "${tell[@]}" --output "$at/stranger" --header "Authorization: Bearer $stranger" "$2/api/me" \
    --next "${how[@]}" "${tell[@]}" --output "$at/forger" --header "Authorization: Bearer ${token%.*}." "$2/api/me") || true
  jq -rn -f "$root/bin/smoke-test.jq" --arg slug "$1" --arg user "$HUB_TEST_USER" --arg statuses "$statuses" \
    --slurpfile schema "$schema" --rawfile manifest "$at/manifest" --rawfile nobody "$at/nobody" \
    --rawfile page "$at/page" --rawfile token "$at/token" --rawfile health "$at/health" --rawfile me "$at/me" \
    --rawfile stranger "$at/stranger" --rawfile forger "$at/forger"
}

finish() {
  local status=$?
  trap - EXIT
  if [[ -n $hub ]]; then
    exec 3>&- # its standard input: it ends
    wait "$hub" 2>/dev/null || true
  fi
  rm -rf "$scratch"
  exit "$status"
}

main() {
  read_arguments "$@"
  local tool
  for tool in curl jq; do
    command -v "$tool" >/dev/null || give_up "$tool is not on PATH" "apt-get install $tool"
  done
  known=() addresses=() hub=
  scratch=$(mktemp -d)
  trap finish EXIT
  trap 'exit 130' INT TERM
  local started is_given=$portal
  started=$(jq -n now)
  [[ -n $portal ]] || start_hub
  : "${HUB_TEST_USER:=test}"
  [[ -n ${HUB_TEST_PASSWORD:-} ]] || give_up "HUB_TEST_PASSWORD is not set" "export HUB_TEST_PASSWORD=..."
  # For every name below localhost, without asking whether the system knows such names.
  how=(--silent --show-error --max-time 30 --noproxy '*') tell=(--write-out '%{http_code}\n')
  if [[ $portal =~ ^http://localhost(:|$) ]]; then how+=(--connect-to "::127.0.0.1:"); fi
  # A token that is good, and is for no app: each of them must refuse it.
  stranger=$(token_for portal) || give_up "$portal gives the test user no token" "curl -i $portal/health"
  if [[ $all == yes && -n $is_given ]]; then
    ask_portal
  elif [[ $all == yes ]]; then
    slugs=(${known[@]+"${known[@]}"})
  fi
  ((${#slugs[@]})) || usage "there is no app to smoke"

  local slug url lines failed=0 partial=yes
  if [[ $all == yes ]]; then partial=no; fi
  for slug in ${slugs[@]+"${slugs[@]}"}; do
    look_up "$slug"
    [[ -n $url || -n $is_given ]] ||
      usage "no app is called $slug; there are: $(printf '%s\n' ${known[@]+"${known[@]}"} | sort | tr '\n' ' ')"
  done
  printf 'SMOKE v1 tier=apps portal=%s apps=%d\n' "$portal" "${#slugs[@]}"
  while read -r slug; do
    # A running hub lists what it shows; what it hides is found by its name.
    look_up "$slug"
    url=${url:-${portal%%://*}://$slug.${portal#*://}}
    lines=$(check_app "$slug" "$url")
    if [[ -n $lines ]]; then
      printf '%s\n' "$lines"
      failed=$((failed + $(wc -l <<<"$lines")))
    else
      printf 'PASS %s\n' "$slug" >&2
    fi
  done < <(printf '%s\n' ${slugs[@]+"${slugs[@]}"} | sort)

  local total=$((${#slugs[@]} * checks)) verdict=green took
  took=$(jq -n --argjson started "$started" '(now - $started) * 10 | round / 10')
  if ((failed)); then verdict=red; fi
  LC_ALL=C printf 'RESULT %s total=%d passed=%d failed=%d skipped=0 missing=0 partial=%s seconds=%.1f\n' \
    "$verdict" "$total" $((total - failed)) "$failed" "$partial" "$took"
  ((!failed))
}

main "$@"
