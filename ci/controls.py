"""The negative controls: the library built wrong on purpose (`DACAPO_BROKEN=NAME` makes arch/build.rs set `--cfg dacapo_broken="NAME"`), and the tests that must catch each.

The broken builds have a cargo directory of their own, so that the good one keeps its products.  A control passes if the named test fails,
and the same test passes in the good build: a test that fails anyway proves nothing.
"""

import re
import shutil
import signal
from dataclasses import dataclass

from ci import qemu, rusttests
from ci.paths import TARGET
from ci.shell import line, run

# name: (package, tests that must fail in the broken build); () means: the program is killed by SIGSEGV. What is wrong in one section each
# shares a build: `a+b`.
BROKEN = {
    "late_commit": (("step", ("add", "list_push", "array_pop_batch")),
                    ("hosted", ("rseq::section::sums_are_exact_when_threads_outnumber_cpus_and_signals_interrupt_them",
                                "percpu::cell::additions_are_exact_under_signals_and_migrations"))),
    "early_commit": (("step", ("list_push", "array_pop_batch")),),
    "index_before_start": (("step", ("add", "list_push", "array_pop")),),
    "input_overwritten+two_stores+missing_clobber": (("step", ("compare_store", "array_push", "array_pop")),),
    "wrong_signature": (("step", ()),),
    "unmodelled_section": (("step", ("every_section_has_a_model",)),),
    "early_reuse+id_word_kept": (("freestanding", ("threads_last_call::cached", "threads_last_call::unmapped")),),
    "no_stop_fence+kept_index": (("hosted", ("rseq::offsets::a_section_on_what_was_known_before_init_is_refused", "percpu::array_cache::no_object_is_lost_or_doubled_under_signals_migrations_and_drains",
                                  "percpu::free_list::no_object_is_lost_or_doubled_under_signals_migrations_and_drains")),),
    "hash_moved_first": (("hosted", ("hash::readers::keys_that_are_never_removed_are_always_found",)),
                         ("models", ("hash::a_key_is_found_while_the_table_grows",))),
    "hash_relaxed_publish": (("models", ("hash::a_replaced_key_is_never_away_and_never_goes_back",
                                         "hash::an_inserted_key_is_complete_and_stays")),),
    "hash_no_grace+grace_early_cookie": (("models", ("hash::what_a_reader_has_found_is_not_dropped_before_it_leaves",
                                                     "rcu::general::who_asks_whether_it_is_over_is_told_the_truth")),),
    "queue_no_heavy_fence+event_count_no_fence+no_grace_fence+qsbr_no_fence+heap_no_fence": (
        ("models", ("spsc_sleep::with_membarrier_nobody_sleeps_on_a_message", "event_count::one_waiter_sees_what_it_waits_for",
                    "rcu::general::what_a_sleeping_reader_holds_stays_through_two_periods",
                    "rcu::others::a_reader_that_comes_back_online_sees_what_is_new",
                    "malloc::front::who_drains_has_all_that_was_free")),),
    "queue_no_second_look+grace_plain_fence+stop_plain_fence+heap_plain_fence": (
        ("models", ("percpu::counted::the_last_of_two_ends_what_is_counted",
                    "spsc_sleep::with_full_fences_nobody_sleeps_on_a_message",
                    "rcu::general::what_a_sleeping_reader_holds_stays_through_two_periods",
                    "percpu::drain::a_drain_loses_and_doubles_nothing",
                    "malloc::front::exchanging_source_and_sink_beside_a_drain_doubles_nothing")),),
    "queue_relaxed_publish+mesh_relaxed_request+mutex_relaxed_unlock+ticket_relaxed_unlock+qsbr_relaxed_quiescent+heap_starts_first": (
        ("models", ("spsc_sleep::with_full_fences_nobody_sleeps_on_a_message", "mesh_call::an_answer_comes_back_and_nobody_sleeps_on_it",
                    "locks::a_mutex_excludes_publishes_and_forgets_no_sleeper",
                    "locks::a_ticket_lock_excludes_publishes_and_wakes_the_next_one",
                    "rcu::others::what_a_quiescent_reader_held_is_not_freed_before",
                    "malloc::front::nothing_is_lost_by_the_slow_paths_beside_a_drain",
                    "malloc::front::an_idle_cpu_that_wakes_up_loses_nothing")),),
    "queue_silent_close+mesh_no_ring+mutex_no_wake+ticket_wrong_key+grace_no_last_fence+heap_blind_replace": (
        ("models", ("spsc_sleep::with_full_fences_nobody_sleeps_on_a_message", "mesh_call::an_answer_comes_back_and_nobody_sleeps_on_it",
                    "locks::a_mutex_serves_three_threads", "locks::a_ticket_lock_excludes_publishes_and_wakes_the_next_one",
                    "rcu::general::what_a_reader_holds_stays", "malloc::front::nor_by_two_threads_of_one_cpu",
                    "malloc::front::nothing_is_lost_where_the_drain_visits_the_cpus")),),
    "queued_relaxed_grant+stack_relaxed_push+grace_no_wake+no_stop_fence+heap_exchange_in_two+hash_no_twin": (
        ("models", ("hash::a_key_that_comes_back_is_always_found",
                    "locks::a_queued_lock_excludes_publishes_and_forgets_no_sleeper", "stack::what_was_put_into_it_is_there",
                    "rcu::general::those_who_wait_at_the_same_time_are_all_served",
                    "percpu::drain::nor_beside_two_threads_of_one_cpu",
                    "malloc::front::exchanging_source_and_sink_beside_a_drain_doubles_nothing",
                    "malloc::front::nor_where_the_sink_is_full")),),
    "seqlock_no_check+stack_no_generation+grace_no_first_fence+reference_no_bias+limiter_no_check+ids_no_recall": (
        ("models", ("percpu::counted::the_last_of_two_ends_what_is_counted", "percpu::numbers::nor_more_where_two_ask_on_one_cpu",
                    "percpu::numbers::no_number_is_held_twice_and_none_is_lost",
                    "locks::a_sequence_lock_shows_whole_writes_in_order", "stack::nobody_has_what_another_has",
                    "rcu::general::what_a_reader_holds_stays", "rcu::others::a_version_of_a_cell_is_complete_and_stays")),),
    "grace_no_second_look+reference_relaxed_put": (("models", ("percpu::counted::the_last_of_two_ends_what_is_counted", "rcu::general::nor_is_it_freed_without_rseq",)),),
}


@dataclass
class Verdicts:
    """What one test program said: each test's verdict, and how it ended."""

    tests: dict
    code: int
    text: str
    repeat: str


TRIES = 6  # a storm may miss what it looks for; no number of tries makes a test of the good build fail


def _judge(cpu, package, names, broken=None):
    """Runs the named tests alone, in a broken build until each has failed: other tests may well crash there."""
    extra = {"DACAPO_BROKEN": broken.replace("+", ","), "CARGO_TARGET_DIR": str(TARGET / "controls")} if broken else {}
    log = rusttests.log_of(f"controls-{broken or 'good'}-{package}")
    env = {"DACAPO_EXPECT_RSEQ": "adopted"}
    if package == "freestanding":
        (program,) = {name.split("::")[0] for name in names}
        command = [rusttests.freestanding(cpu, only=program, extra=extra)[program]]
    else:
        command = [rusttests.harness(cpu, package, extra=extra)[package], *(("--exact", *names) if package != "step" else ())]
        if package == "models":
            command.append("--test-threads=1")  # each forks, and must not do so while another one that has failed prints why
    tests, text = {}, ""
    for _ in range(TRIES if broken else 1):
        code = run(command, env=env, timeout=600, check=False, output=log)
        text = log.read_text(errors="replace")
        for test, verdict in _verdicts(text).items():
            tests[test] = "FAILED" if tests.get(test) == "FAILED" else verdict
        if all(tests.get(name) == "FAILED" for name in names):
            break
    return Verdicts(tests, code, text, line(command, env))


def _verdicts(text):
    """What a harness said of each of its tests."""
    # libtest prints a test's name and its verdict on one line, with the test's own output between them.
    return dict(re.findall(r"^test (\S+) \.\.\. .*?(ok|FAILED|ignored)", text, re.M))


GUEST = "6.12"  # the kernel of the guest: with mm_cid, and breakpoints work there


def run_step_in_guest(tally, cpu):
    """The step test's controls in one guest of another CPU; the good build first."""
    rows = {broken: dict(packages)["step"] for broken, packages in BROKEN.items() if "step" in dict(packages) and broken != "unmodelled_section"}
    every = tuple(dict.fromkeys(name for names in rows.values() for name in names))
    suite, said, jobs = f"controls-{cpu.name}", {}, []
    for broken in ("good", *rows):
        extra = {} if broken == "good" else {"DACAPO_BROKEN": broken.replace("+", ","), "CARGO_TARGET_DIR": str(TARGET / "controls")}
        built = rusttests.harness(cpu, "step", static=True, extra=extra)["step"]
        kept = TARGET / "controls" / f"step-{cpu.name}-{broken}"  # cargo writes all broken builds to one place
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(built, kept)

        def judge(text, code, broken=broken):
            said[broken] = Verdicts(_verdicts(text), code, text, f"./x.py test --suite {suite}")

        only = ",".join(every if broken == "good" else rows[broken] or every[:1])  # all sections take ten minutes here
        jobs.append(qemu.Job(broken, kept, judge, env=("DACAPO_STEP=breakpoint", "DACAPO_EMULATED=1", f"DACAPO_STEP_OPERATIONS={only}"),
                             seconds=300))
    qemu.run_jobs(cpu.name, GUEST, jobs, suite, timeout=1800, silence=300)
    good = said["good"]
    for broken, names in rows.items():
        bad = said[broken]
        if not names:
            _judge_killed(tally, f"{suite}/{broken}", good, bad)
        for test in names:
            _judge_caught(tally, f"{suite}/{broken}", test, good, bad)


def _judge_killed(tally, row, good, bad):
    name = f"{row} is killed by the kernel"
    if bad.code == -signal.SIGSEGV and good.code == 0:
        tally.passed(name)
    else:
        tally.failed(name, f"{bad.text[-2000:]}\nended with {bad.code}, not by SIGSEGV; good build: {good.code}", bad.repeat)


def _judge_caught(tally, row, test, good, bad):
    name = f"{row} catches it in {test}"
    if bad.tests.get(test) == "FAILED" and good.tests.get(test) == "ok":
        tally.passed(name)
    else:
        tally.failed(name, f"{bad.text[-2000:]}\nbroken build: {bad.tests.get(test)}; good build: {good.tests.get(test)}", bad.repeat)


def run_all(tally, cpu, models):
    """Builds and judges the controls of the models, or all others."""
    chosen = {broken: [row for row in rows if (row[0] == "models") == models] for broken, rows in BROKEN.items()}
    every = {}
    for rows in chosen.values():
        for package, names in rows:
            every[package] = (*every.get(package, ()), *names)
    good = {}
    for broken, rows in chosen.items():
        for package, names in rows:
            if package not in good:
                good[package] = _judge(cpu, package, dict.fromkeys(every[package]))
            if any(good[package].tests.get(name) == "ignored" for name in names or ("add",)):
                tally.skipped(f"controls/{broken}/{package}", good[package].text.splitlines()[0])
                continue
            bad = _judge(cpu, package, names, broken)
            row = f"controls/{broken}/{package}"
            if not names:
                _judge_killed(tally, row, good[package], bad)
            for test in names:
                _judge_caught(tally, row, test, good[package], bad)
