"""Waiting inside a page for what it shows in a moment: as long as something can still come, and no longer.

What is right comes at once, however long a test would wait. What is broken never comes, and every red test waits
for it: so nobody waits for a page that is complete, has no answer to wait for, and has had turns enough since then.
"""

from __future__ import annotations

from typing import Final

# Enough for whatever a page does by itself, and counted, not timed: on a busy machine a turn takes longer. The timers
# of a page are moved by the tests.
_TURNS: Final = 200

# For every page, before its own scripts: how many requests are on their way, until the last byte of their answers.
COUNT_REQUESTS: Final = """{
  const real = window.fetch;
  window.unanswered = 0;
  window.fetch = (...asked) => {
    const answer = real(...asked);
    window.unanswered += 1;
    answer.then((each) => each.clone().arrayBuffer()).catch(() => {}).finally(() => { window.unanswered -= 1; });
    return answer;
  };
}"""

# Waits at most so many milliseconds until something is so; answers with whether it is.
UNTIL: Final = f"""const until = async (isSo, patience) => {{
  const deadline = performance.now() + patience;
  for (let turns = 0; !isSo() && turns < {_TURNS} && performance.now() < deadline; turns += 1) {{
    if (document.readyState !== "complete" || window.unanswered) turns = 0;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }}
  return isSo();
}};"""
