"""`make faults`: a round of faults from a seed, or rounds for so many minutes; 1 where something was violated."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from tests.faults.campaign.options import Options, parse, seed_after
from tests.faults.campaign.rounds import Round, say
from tests.faults.campaign.site import running_site
from tests.faults.campaign.tally import Tally


def main(arguments: Sequence[str]) -> int:
    options = parse(arguments)
    total = run(options)
    sys.stdout.write(total.markdown())
    return 1 if total.found else 0


def run(options: Options) -> Tally:
    """All rounds on one site, so that what grows has time to."""
    total, until = Tally(), time.monotonic() + options.minutes * 60
    with running_site() as site:
        while not total.seeds or time.monotonic() < until:
            tally = _round(Round(site, options.seed, options))
            total.add(tally)
            if options.report is not None:
                total.write(options.report)
            say(f"round {len(total.seeds)}: {tally.accepted} accepted, {tally.found} violations, {tally.seconds:.0f} s")
            options = replace(options, seed=seed_after(options.seed))
    return total


def _round(one: Round) -> Tally:
    say(f"replay with --seed {one.plan.seed}; the plan is {one.plan}")
    return one.play()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
