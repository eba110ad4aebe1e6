.PHONY: demo test day bench bench-app bench-sync load cuts kill drill sim crash fuzz monkey photos-day bench-photos guide
# Every target installs what is missing on Debian 12 (and Ubuntu 22.04+), asks nothing, and may be run again.

demo: ## The demo street: server, console, two phones. Ctrl-C ends all of it.
	@scripts/demo.sh

test: ## Everything that must be green; `make test CI=true` lets nothing be skipped.
	@scripts/test.sh

guide: ## The user guide in ui/guide, written and photographed anew; `make test` says when it is stale.
	@scripts/guide.sh

day: ## One scripted working day of two phones against a real server, as a table and one line of JSON.
	@scripts/day.sh

photos-day: ## TAKEN photos (175) over 300 ms and 1 Mbit/s, a cut every ten seconds, phone and centre killed on the way.
	@scripts/photos-day.sh

bench: ## Ratios and figures, not verdicts.
	@scripts/bench.sh

cuts: ## One exchange cut at every STEP-th byte, both ways: the same end every time. STEP=1 is every byte.
	@scripts/cuts.sh

kill: ## Phones and server killed N times under load: nothing acknowledged is missing afterwards.
	@scripts/kill.sh

drill: ## A backup, more work, the centre destroyed, restored from the older backup: everything acknowledged comes back.
	@scripts/drill.sh
sim: ## Days of many phones out of one number each: SEEDS=n FROM=n, SEED=n for one story, PLANTED=1 for planted bugs.
	@scripts/sim.sh

crash: ## Power cuts under both databases, at every sync of SESSIONS scripted sessions: nothing acknowledged is missing.
	@scripts/crash.sh

fuzz: ## Bytes from strangers for everything that reads them; TIME=s for the instrumented run.
	@scripts/fuzz.sh

monkey: ## Random commands at the phone's typed door, killed at random: STEPS=n SEED=n.
	@scripts/monkey.sh

bench-sync: ## Sync beside its peers and the floors, through a link of 300 ms and 1 Mbit/s.
	@scripts/bench-sync.sh

bench-app: ## Figures of the worker's app: save, search, a door, a shift's memory, a year's disk, the window's start.
	@scripts/bench-app.sh

bench-photos: ## A camera's picture made small, beside libvips and ImageMagick, in one run.
	@scripts/bench-photos.sh

load: ## PHONES phones come back at once; what an exchange costs in stores of 5,000 to 350,000 households.
	@PHONES=$(or $(PHONES),3038) scripts/load.sh
