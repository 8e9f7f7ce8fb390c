"""What the unit y1-serving measures with and draws: call times, and one picture per experiment.

Each picture takes what the lesson measured, says the finding in its title with the numbers of that run, and says in its
alternative text what a reader would see.
"""

import time
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from curriculum.lab.load import Load
from curriculum.lab.plots import COLOURS, figure

Floats = NDArray[np.float64]


def call_times_us(call: Callable[[], object], times: int) -> Floats:
    """Call a function `times` times and return how long each call took, in microseconds."""
    taken = np.empty(times)
    for i in range(times):
        start = time.perf_counter()
        call()
        taken[i] = time.perf_counter() - start
    return taken * 1e6


def draw_call_times(slow_us: Floats, fast_us: Floats) -> None:
    """Experiment 1: how call times of scikit-learn (`slow_us`) and ONNX Runtime (`fast_us`) are spread."""
    slow, fast = np.median(slow_us), np.median(fast_us)
    title = f"One household: {slow:,.0f} µs in scikit-learn, {fast:,.0f} µs in ONNX Runtime"
    alt = f"Two histograms of call times on a logarithmic axis, one around {fast:,.0f} and one around {slow:,.0f} µs."
    bins = np.geomspace(min(fast_us.min(), slow_us.min()), max(fast_us.max(), slow_us.max()), 90)
    with figure(title, alt, size=(7.2, 2.9)) as axis:
        for name, taken, colour in (("ONNX Runtime", fast_us, "blue"), ("scikit-learn", slow_us, "vermillion")):
            weights = np.full(len(taken), 100 / len(taken))
            axis.hist(taken, bins, weights=weights, color=COLOURS[colour], label=name)
        axis.set(xscale="log", xlabel="time of one call (µs, logarithmic)", ylabel="share of calls (%)")
        axis.legend(loc="upper center")


def draw_gaps(exports: Mapping[str, pd.DataFrame], tolerance: float) -> None:
    """Experiment 1: the gap of each household between a pipeline and its export, largest first.

    `exports` names frames with a column `gap`, in probability; the first is the one that the title counts.
    """
    counts = {name: int((export["gap"] > tolerance).sum()) for name, export in exports.items()}
    name, export = next(iter(exports.items()))
    title = f"{counts[name]} of {len(export):,} households are over the tolerance"
    alt = "Gaps sorted from largest to smallest on logarithmic axes. Over the tolerance: "
    alt += "; ".join(f"{count} in “{one}”" for one, count in counts.items()) + ". A line over it falls like a cliff."
    with figure(title, alt) as axis:
        for one, frame in exports.items():
            gap = np.sort(frame["gap"])[::-1].clip(1e-9)
            axis.plot(np.arange(1, len(gap) + 1), gap, marker="", label=one)
        axis.axhline(tolerance, color="black", linestyle="--", marker="", linewidth=1, label="tolerance we chose")
        axis.set(xscale="log", yscale="log", xlabel="households, largest gap first", ylabel="gap in probability")
        axis.legend(loc="upper right", fontsize=9)


def draw_start(start: pd.DataFrame) -> None:
    """Experiment 2: the answers of a starting server. `start` has `kind` (live, ready, rank), `sent_s`, `status`."""
    failed = start[(start["kind"] == "rank") & (start["status"] != 200)]
    ready_s = failed["sent_s"].max() if len(failed) else 0.0
    title = f"Alive at once, ready {ready_s:.1f} s later: {len(failed)} households lost between"
    alt = "Three rows of dots over time. Liveness answers 200 throughout. Readiness and households are crosses, "
    alt += f"status 503, until {ready_s:.1f} s, and dots, status 200, after it."
    rows = {"rank": ("households", 0), "ready": ("readiness", 1), "live": ("liveness", 2)}
    with figure(title, alt, size=(7.2, 2.5)) as axis:
        for ok, colour, marker in ((True, "blue", "o"), (False, "vermillion", "x")):
            shown = start[(start["status"] == 200) == ok]
            places = [rows[kind][1] for kind in shown["kind"]]
            label = "200" if ok else "503"
            axis.scatter(shown["sent_s"], places, color=COLOURS[colour], marker=marker, s=28, label=label)
        axis.set(ylim=(-0.6, 2.6), xlabel="time since the process first answered (s)", ylabel="what was asked")
        axis.set_yticks([place for _, place in rows.values()], [label for label, _ in rows.values()])
        axis.legend(title="status", loc="center left", bbox_to_anchor=(1, 0.5))


def draw_two_loops(closed: Load, opened: Load) -> None:
    """Experiment 3: one stalling server as a closed loop and as an open loop saw it."""
    p99 = [load.percentile(99) for load in (closed, opened)]
    title = f"One server, two reports: p99 of {p99[0]:.0f} ms closed, {p99[1]:.0f} ms open"
    alt = "Left, latency over time: at each stall the open loop shows a falling row of points, the closed loop one "
    alt += f"point. Right, latency by percentile: at 99% the closed loop has {p99[0]:.0f} ms, the open {p99[1]:.0f} ms."
    with figure(title, alt, columns=2, size=(9.2, 3.6)) as (over_time, by_rank):
        for load, label, colour, marker in ((closed, "closed loop", "orange", "s"), (opened, "open loop", "blue", "o")):
            look = {"color": COLOURS[colour], "label": label}
            latency = np.sort(load.frame["latency_ms"])
            over_time.scatter(load.frame["intended_s"], load.frame["latency_ms"], s=7, marker=marker, **look)
            by_rank.plot(1 / (1 - np.arange(len(latency)) / len(latency)), latency, marker="", **look)
        over_time.set(xlabel="time the request was due (s)", ylabel="latency (ms)", ylim=(0, None))
        by_rank.set(xscale="log", yscale="log", xlabel="percentile (%)", ylabel="latency (ms, logarithmic)")
        by_rank.set_xticks([2, 10, 100, 1000], ["50", "90", "99", "99.9"])
        by_rank.legend(loc="lower right")


def draw_batching(runs: Mapping[tuple[str, int], Load]) -> None:
    """Experiment 4: latency against throughput. `runs` is keyed by path and number of users."""
    paths, most = list(dict.fromkeys(path for path, _ in runs)), max(users for _, users in runs)
    says = ", ".join(f"{runs[path, most].rate:.0f} {_words(path)}" for path in paths)
    title = f"Answers a second to {most} users: {says}"
    alt = f"Median latency against answers a second, a line for each path. At {most} users: {says}."
    with figure(title, alt) as axis:
        for path, shift in zip(paths, (4, -14), strict=True):
            loads = {users: load for (one, users), load in runs.items() if one == path}
            places = [(load.rate, load.percentile(50)) for load in loads.values()]
            line = axis.plot(*zip(*places, strict=True), label=_words(path))[0]
            for users, place in zip(loads, places, strict=True):
                axis.annotate(f"{users}", place, (7, shift), textcoords="offset points", color=line.get_color())
        axis.set(xlabel="answers a second (numbers at the points: users)", ylabel="median latency (ms)", ylim=(0, None))
        axis.legend()


def draw_streams(chats: Mapping[int, pd.DataFrame], streams: pd.DataFrame) -> None:
    """Experiment 5: every first token, and the pace, by number of streams.

    `chats` holds the frame of `stream_many` for each number of streams, `streams` the lesson's table of them.
    """
    alone, crowd, most = chats[min(chats)]["ttft_ms"].median(), chats[max(chats)]["ttft_ms"].max(), max(chats)
    title = f"First token after {alone:,.0f} ms alone, after up to {crowd:,.0f} ms among {most}"
    alt = "Left: time to first token, a point for each stream; among the most streams, half stand far above the "
    alt += "others. Right: tokens a second of all streams together rise little while those of each stream fall."
    ticks = range(len(chats))
    with figure(title, alt, columns=2, size=(9.2, 3.6)) as (first, pace):
        for place, (n, chat) in enumerate(chats.items()):
            spread = place + np.linspace(-0.2, 0.2, n) * (n > 1)
            first.scatter(spread, chat["ttft_ms"].sort_values(), color=COLOURS["blue"], s=28)
        first.set(xlabel="streams at once", ylabel="time to first token (ms)", ylim=(0, None))
        pace.plot(ticks, streams["tokens a second, all"], label="all together, waiting included")
        pace.plot(ticks, streams["tokens a second, each"], label="each, once it writes")
        pace.set(xlabel="streams at once", ylabel="tokens a second", ylim=(0, None))
        pace.legend()
        for axis in (first, pace):
            axis.set_xticks(ticks, [str(n) for n in chats])


def draw_unique(unique: pd.DataFrame) -> None:
    """Ethics: the share of people who are unique, by fields kept (the index) and by design (the columns)."""
    last = unique.iloc[-1]
    says = ", ".join(f"{share:.0%} {design}" for design, share in last.items())
    title = f"{len(unique)} fields single people out: {says}"
    alt = f"Lines that rise as fields are added to the log, one a design. With all {len(unique)} fields: {says}."
    labels = [("+ " if n else "") + field.replace("_", " ") for n, field in enumerate(unique.index)]
    with figure(title, alt) as axis:
        for design in unique:
            axis.plot(range(len(unique)), 100 * unique[design], label=design)
        axis.set_xticks(range(len(unique)), labels, rotation=20, horizontalalignment="right")
        axis.set(xlabel="fields that the log keeps", ylabel="people who are unique (%)", ylim=(0, None))
        axis.legend()


def draw_coverage(tested: pd.DataFrame) -> None:
    """Ethics: error against coverage by sex. `tested` has `sex`, `doubt` (0 to 0.5), `wrong` and `abstains`."""
    handed = tested.groupby("sex", observed=True)["abstains"].mean()
    says = " and ".join(f"{share:.0%} of {_PLURAL[sex]}" for sex, share in handed.items())
    title = f"One band hands {says} to a caseworker"
    alt = "Error among the households that the model decides, against coverage, one curve each for women and men. Both "
    alt += f"fall as coverage falls, and the curve of men lies higher. Dots mark the band: {says} abstained."
    with figure(title, alt) as axis:
        for sex, group in tested.groupby("sex", observed=True):
            wrong = group.sort_values("doubt")["wrong"].to_numpy()
            decided = np.arange(1, len(wrong) + 1)
            steady = slice(len(wrong) // 20, None)  # the first few households make a ragged average
            curve = 100 * decided / len(wrong), 100 * wrong.cumsum() / decided
            line = axis.plot(curve[0][steady], curve[1][steady], marker="", label=_PLURAL[sex])[0]
            kept = group[~group["abstains"]]
            dot = 100 * len(kept) / len(group), 100 * kept["wrong"].mean()
            axis.plot(*dot, color=line.get_color(), marker="o", markersize=9)
        axis.set(xlabel="coverage: households that the model decides itself (%)", ylabel="wrong among those (%)")
        axis.set_ylim(0)
        axis.legend(title="dots: our band")


def draw_incident(flood: pd.DataFrame, begin_s: float, end_s: float, patience_ms: float) -> None:
    """Where it breaks: requests inside, latency and goodput of two servers through an incident.

    `flood` is a load's frame with `server` (a name) and `good` (answered, and in time).
    """
    during = flood[flood["intended_s"].between(begin_s, end_s)].groupby("server")["good"].mean()
    says = ", ".join(f"{share:.0%} where it {server}" for server, share in during.items())
    title = f"In time during the incident: {says}"
    alt = "Three panels over time with the incident shaded: requests inside, latency, answers in time a second. "
    alt += f"Without a limit the first two climb and fall only afterwards; with one they stay flat. In time: {says}."
    end, last = flood["done_s"].max(), flood["intended_s"].max()
    with figure(title, alt, rows=3, size=(7.6, 6.2)) as (inside, latency, goodput):
        for (server, shown), colour in zip(flood.groupby("server"), ("vermillion", "blue"), strict=True):
            look = {"color": COLOURS[colour], "label": server, "marker": ""}
            at = np.arange(0, end, 0.05)
            sent, done = (np.searchsorted(np.sort(shown[column]), at) for column in ("sent_s", "done_s"))
            inside.plot(at, sent - done, **look)
            answered = shown[shown["status"] == 200]
            latency.scatter(answered["intended_s"], answered["latency_ms"], s=6, color=look["color"])
            counts, edges = np.histogram(shown.loc[shown["good"], "done_s"], np.arange(0, last + 0.01, 0.25))
            goodput.step(edges[:-1], counts / 0.25, where="post", **look)
        latency.axhline(patience_ms, color="black", linestyle="--", linewidth=1, marker="")
        for axis, label in ((inside, "requests inside"), (latency, "latency (ms)"), (goodput, "in time (per s)")):
            axis.axvspan(begin_s, end_s, color="0.92", zorder=0)
            axis.set(ylabel=label, ylim=(0, None), xlim=(0, last))
        inside.legend(loc="upper right")
        goodput.set_xlabel("time (s); shaded: the register is slow; dashed: how long a page waits")


_PLURAL = {"Female": "women", "Male": "men"}  # as the data names them


def _words(path: str) -> str:
    return path.strip("/").replace("-", " ")
