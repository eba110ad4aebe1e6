.PHONY: demo test day bench cuts kill drill
# Every target installs what is missing on Debian 12 (and Ubuntu 22.04+), asks nothing, and may be run again.

demo: ## The demo street: server, console, two phones. Ctrl-C ends all of it.
	@scripts/demo.sh

test: ## Everything that must be green; `make test CI=true` lets nothing be skipped.
	@scripts/test.sh

day: ## One scripted working day of two phones against a real server, as a table and one line of JSON.
	@scripts/day.sh

bench: ## Ratios and figures, not verdicts.
	@scripts/bench.sh

cuts: ## One exchange cut at every STEP-th byte, both ways: the same end every time. STEP=1 is every byte.
	@scripts/cuts.sh

kill: ## Phones and server killed N times under load: nothing acknowledged is missing afterwards.
	@scripts/kill.sh

drill: ## A backup, more work, the centre destroyed, restored from the older backup: everything acknowledged comes back.
	@scripts/drill.sh
