# What the answers of one app mean: a FAIL line for each of the five checks that did not pass.
# $statuses holds the HTTP statuses in the order in which bin/smoke-test.sh asks.

def parsed: . as $text | try ($text | fromjson) catch null;
def field($name): if type == "object" then .[$name] else null end;

# The claims of a token, unverified: URL-safe base64 without padding.
def claims: (split(".")[1] // "") | gsub("-"; "+") | gsub("_"; "/") | . + "==="[0:(4 - length % 4) % 4]
  | try (@base64d | fromjson) catch null;

# Printable, on one line, and no longer than a line has room for.
def short: gsub("[^ -~]+"; " ") | if length > 110 then .[0:107] + "..." else . end;
def quoted: short | tojson;

# The fields that the schema requires and the manifest does not have.
def resolved($root): if has("$ref") then $root["$defs"][.["$ref"] | split("/") | last] else . end;
def missing($root; $at; $manifest):
  resolved($root)
  | ((.required // [])[] | select(. as $name | $manifest | type != "object" or (has($name) | not)) | $at + .),
    ((.properties // {}) | to_entries[]
      | .key as $name | select($manifest | type == "object" and has($name))
      | .value | select(has("$ref")) | missing($root; $at + $name + "."; $manifest[$name]));

def fail($check; $want; $got; $cause; $suspect):
  "FAIL \($check)[\($slug)] severity=high want=\($want | quoted) got=\($got | quoted) cause=\($cause | quoted) "
  + "suspects=bin/hub/apps/\($slug)/\($suspect) next=\("bash bin/smoke-test.sh \($slug)" | quoted)";

($statuses | split("\n") | map(select(. != ""))) as $said
| ["manifest", "nobody", "page", "token", "health", "me", "stranger", "forger"]
| to_entries | map({key: .value, value: ($said[.key] // "000")}) | from_entries
| . as $status
| def answered($name; $text):
    if $status[$name] == "000" then "no answer: it hangs, or has ended the process that serves it"
    else "\($status[$name]) \($text)" end;
  (
    select($status.health != "200" or ($health | parsed | field("status")) != "ok")
    | fail("health"; "200 and status ok"; answered("health"; $health);
        "backend.py does not import, build_app fails, or the health route is gone"; "backend.py")
  ),
  (
    select(any($status.nobody, $status.stranger, $status.forger; . != "401"))
    | fail("auth-refused"; "401 to all but tokens for it";
        if $status.nobody != "401" then answered("nobody"; "without a token: " + $nobody)
        elif $status.stranger != "401" then answered("stranger"; "with another app's token: " + $stranger)
        else answered("forger"; "with a token that nobody has signed: " + $forger) end;
        "/api/me does not ask who is signed in, or believes a token that is not its own"; "backend.py")
  ),
  (
    ($me | parsed) as $person
    | (($person | field("email")) // "" | tostring | startswith($user + "@")) as $is_user
    | ($token | parsed | field("access_token") // "" | claims | field("sub")) as $subject
    | ($subject != null and ($person | field("sub")) == $subject) as $is_subject
    | ($person | field("name") | type == "string" and . != "") as $is_named
    | ($person | field("groups") | type == "array") as $has_groups
    | select($status.me != "200" or ($is_user and $is_subject and $is_named and $has_groups | not))
    | fail("auth-accepted"; "200 and the test user";
        if $status.token != "200" then answered("token"; "for the token: " + $token) else answered("me"; $me) end;
        "no token for this app can be had, or the app does not believe it"; "backend.py")
  ),
  (
    ($page | [scan("<meta name=\"app-slug\" content=\"([^\"]*)\">") | .[0]]) as $marks
    | ($slug | gsub("(?<c>[^A-Za-z0-9])"; "\\\(.c)")) as $pattern
    | (if $status.page != "200" then answered("page"; $page)
       elif ($marks | any(. != $slug)) then "the page of " + ($marks | join(", "))
       elif $page | test("(^|[^A-Za-z0-9_-])" + $pattern + "($|[^A-Za-z0-9_-])") | not then "a page that does not name the slug"
       elif $page | test("template-app|[{][{][\\s\\S]*?[}][}]|[{]%[\\s\\S]*?%[}]|APP_SLUG|APP_NAME") then "what the template left over"
       else null end) as $wrong
    | select($wrong)
    | fail("front-page"; "200 and the slug in the page"; $wrong;
        "the front page is missing, or is another app's or the template's"; "frontend/index.html")
  ),
  (
    ($manifest | parsed) as $read
    | [missing($schema[0]; ""; $read)] as $lost
    | (if $status.manifest != "200" then answered("manifest"; $manifest)
       elif $lost != [] then "without " + ($lost | join(", "))
       elif $read.slug != $slug then "the manifest of " + ($read.slug | tostring)
       else null end) as $wrong
    | select($wrong)
    | fail("manifest"; "every required field"; $wrong;
        "the manifest does not parse, or has lost a field that it needs"; "app.manifest.yml")
  )
