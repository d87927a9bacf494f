"""The command line as a shell runs it: forms, statuses, streams, terminals."""

import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.cli import STATUSES
from tests.conftest import ROOT, Served

STANCE = [sys.executable, "-m", "service.cli"]
BERLIN, WARSAW = "Berlin called the step a grave mistake.", "👍 Warsaw welcomed the step as overdue."
ARTICLE = f"{WARSAW} {BERLIN}\n\nThe talks lasted for two hours. Germany deplored the grave step."
SECRET = "[red]swordfish"
ASKED = {"min_confidence": 0.7, "explain": True, "offset_unit": "utf16"}
OPTIONS = ["--min-confidence", "0.7", "--explain", "--offset-unit", "utf16"]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


def environment(models: Path, **more: str) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("STANCE_", "NO_COLOR"))}
    return {**clean, "STANCE_MODELS": str(models), "TERM": "xterm-256color", "COLUMNS": "120", **more}


Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def run(toy_models: Path) -> Run:
    """Run the command over the toy model, its output piped."""

    def start(*arguments: str | bytes | Path, stdin: bytes = b"", **more: str) -> subprocess.CompletedProcess[bytes]:
        command = [*STANCE, *arguments]
        env = environment(toy_models, **more)
        return subprocess.run(command, cwd=ROOT, env=env, input=stdin, capture_output=True, timeout=60, check=False)

    return start


def lines(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def faults(done: subprocess.CompletedProcess[bytes]) -> list[str]:
    return done.stderr.decode().splitlines()


def at_terminal(models: Path, command: list[str], stdin: bytes = b"", **more: str) -> tuple[int, str]:
    """Run a command whose stdout and stderr are a terminal; return its status and what the terminal got."""
    here, there = pty.openpty()
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(models, **more), stdin=subprocess.PIPE, stdout=there, stderr=there
    ) as process:
        os.close(there)
        assert process.stdin
        process.stdin.write(stdin)
        process.stdin.close()
        return process.wait(60), drain(here)


def drain(terminal: int) -> str:
    got = b""
    try:
        while piece := os.read(terminal, 65536):
            got += piece
    except OSError:  # EIO: the other end is closed
        pass
    os.close(terminal)
    return got.decode().replace("\r\n", "\n")


def test_importing_it_does_nothing_and_starts_nothing_slow() -> None:
    code = (
        "import sys, json, csv; did = []\n"
        "sys.addaudithook(lambda event, given: did.append(given[0]) if event == 'open' else None)\n"
        "import service.cli\n"
        "print([one for one in did if not str(one).endswith(('.py', '.pyc')) and '__pycache__' not in str(one)])\n"
        "slow = {'numpy', 'model', 'rich', 'http.client', 'flask', 'marshmallow', 'dask', 'pyarrow'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n[]\n"


def test_the_script_is_the_module() -> None:
    script = Path(sys.executable).with_name("stance")
    if not script.exists():
        pytest.skip("not installed as a script")
    texts = [
        subprocess.run([*one, "--help"], cwd=ROOT, capture_output=True, check=True).stdout for one in ([script], STANCE)
    ]
    assert texts[0] == texts[1]
    assert STATUSES in texts[0].decode()


def test_the_readme_and_every_help_have_the_statuses(run: Run) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for status, meaning in re.findall(r"^ +(\d)  (.+)$", STATUSES, re.MULTILINE):
        assert f"| {status} | {meaning} |\n" in readme
    for command in ("classify", "analyze", "bulk", "models", "promote", "rollback"):
        assert STATUSES in run(command, "--help").stdout.decode()
        assert f"stance {command}" in readme


def test_classify_answers_what_the_service_answers(run: Run, client: FlaskClient) -> None:
    promised = [client.post("/classify", json={"text": text, **ASKED}).get_json() for text in (BERLIN, WARSAW)]
    done = run("classify", BERLIN, WARSAW, *OPTIONS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert lines(done) == promised
    assert [list(one) for one in lines(done)] == [list(one) for one in promised]
    assert json.loads(run("classify", BERLIN, WARSAW, *OPTIONS, "--format", "json").stdout) == promised


def test_analyze_answers_what_the_service_answers(run: Run, client: FlaskClient, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(ARTICLE, encoding="utf-8", newline="")
    promised = {"file": str(file), **client.post("/analyze", json={"text": ARTICLE, **ASKED}).get_json()}
    done = run("analyze", file, *OPTIONS)
    assert (done.returncode, done.stderr) == (0, b"")
    assert lines(done) == [promised]
    assert list(lines(done)[0]) == list(promised)
    assert json.loads(run("analyze", file, *OPTIONS, "--format", "json").stdout) == [promised]


def test_csv_of_stances(run: Run) -> None:
    done = run("classify", BERLIN, "Lorem ipsum", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    labels = ["probability_criticism", "probability_neutral", "probability_support"]
    assert list(rows[0]) == ["index", "label", "confidence", *labels, "uncertain"]
    assert [(row["index"], row["uncertain"]) for row in rows] == [("0", ""), ("1", "unknown_vocabulary")]
    assert rows[0]["label"] == "criticism"
    assert rows[0]["confidence"] == rows[0]["probability_criticism"]
    assert sum(float(rows[0][label]) for label in labels) == pytest.approx(1, abs=2e-6)


def test_csv_of_actors(run: Run) -> None:
    answer = lines(run("analyze", "-", stdin=ARTICLE.encode()))[0]
    done = run("analyze", "-", "--format", "csv", stdin=ARTICLE.encode())
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    holders = [actor for actor in answer["actors"] if actor["label"]]
    assert done.stdout.startswith(b"file,id,name,kind,label,confidence,balance,sentences\n")
    assert [row["id"] for row in rows] == [actor["id"] for actor in holders]
    for row, actor in zip(rows, holders, strict=True):
        assert row["file"] == "-"
        assert (float(row["balance"]), int(row["sentences"])) == (actor["balance"], len(actor["sentences"]))


@pytest.mark.parametrize(("form", "empty"), [("json", "[]\n"), ("ndjson", ""), ("csv", None)])
def test_no_answer_has_a_form_too(run: Run, form: str, empty: str | None) -> None:
    done = run("classify", "-", "--format", form, stdin=b"\n \n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == empty or done.stdout.startswith(b"index,label,")


LINES = b"\n".join(
    [
        BERLIN.encode() + b"\r",
        b"",
        SECRET.encode() + b"\xff",
        b"  \r",
        b"12 34",
        WARSAW.encode(),
        b"a\0" + b"b",
        b"Riga",
    ]
)


def test_bad_lines_are_named_and_the_others_answered(run: Run) -> None:
    done = run("classify", "-", "--format", "csv", stdin=LINES)
    assert done.returncode == 1
    assert [row.split(b",")[0] for row in done.stdout.splitlines()] == [b"index", b"0", b"5", b"7"]
    assert faults(done) == [
        "stance: line 3: is not UTF-8: byte 14 is wrong",
        "stance: line 5: a text needs at least one letter",
        "stance: line 7: has a NUL character: no plain text in UTF-8",
    ]


def test_bad_arguments_are_named_and_the_others_answered(run: Run) -> None:
    done = run("classify", "12", BERLIN, b"\xff" + SECRET.encode(), WARSAW, LC_ALL="C")
    assert done.returncode == 1
    assert [one["label"] for one in lines(done)] == ["criticism", "support"]
    assert [fault.split(":")[1] for fault in faults(done)] == [" text 1", " text 3"]
    assert "swordfish" not in done.stderr.decode()


def test_a_bad_file_between_good_ones(run: Run, tmp_path: Path) -> None:
    good, bad, odd = tmp_path / "good.txt", tmp_path / "bad.txt", tmp_path / os.fsdecode(b"odd\xff\x1b.txt")
    good.write_text(BERLIN)
    odd.write_text(WARSAW)
    bad.write_bytes(SECRET.encode() + b"\xe9")
    done = run("analyze", good, tmp_path / "none", bad, tmp_path, "-", odd, stdin=b"...")
    assert done.returncode == 1
    assert [one["file"] for one in lines(done)] == [str(good), str(odd)]
    assert faults(done) == [
        f"stance: {tmp_path}/none: No such file or directory",
        f"stance: {bad}: is not UTF-8: byte 14 is wrong",
        f"stance: {tmp_path}: Is a directory",
        "stance: -: a text needs at least one letter",
    ]


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_lines_are_answered_as_they_come(toy_models: Path, form: str) -> None:
    command = [*STANCE, "classify", "-", "--format", form]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, env=environment(toy_models), **pipes) as process:  # type: ignore[call-overload]
        if form == "csv":
            assert process.stdout.readline().startswith(b"index,label,")
        for text, label in ((BERLIN, b"criticism"), (WARSAW, b"support")):
            for piece in (text[:5], text[5:] + "\n"):
                process.stdin.write(piece.encode())
                process.stdin.flush()
            assert label in process.stdout.readline()
        process.stdin.close()
        assert process.wait(10) == 0


def test_a_reader_that_has_enough_ends_it_quietly(toy_models: Path) -> None:
    command = f"yes '{BERLIN}' | {sys.executable} -m service.cli classify - | head -2; echo ${{PIPESTATUS[1]}}"
    env = environment(toy_models)
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=env, capture_output=True, timeout=60, check=True)
    assert done.stderr == b""
    assert done.stdout.splitlines()[2:] == [b"0"]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["promise"],
        ["classify"],
        ["analyze"],
        ["classify", "x", "--format", "xml"],
        ["classify", "x", "--min-confidence", "1.1"],
        ["classify", "x", "--min-confidence", "nan"],
        ["classify", "x", "--offset-unit", "byte"],
        ["classify", "x", "--url", "localhost:8000"],
        ["classify", "x", "--url", "http://localhost:80000"],
        ["classify", "x", "--url", "http://localhost:8000", "--models", "y"],
    ],
)
def test_wrong_usage_is_2(run: Run, arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert b"usage: stance" in done.stderr
    assert b"Traceback" not in done.stderr


def test_no_model_is_3(run: Run, tmp_path: Path) -> None:
    for done in (run("classify", "x", "--models", tmp_path), run("analyze", "README.md", STANCE_MODELS=str(tmp_path))):
        assert done.returncode == 3
        assert done.stdout == b""
        assert [f"no model in {tmp_path}" in fault for fault in faults(done)] == [True]


def test_no_service_is_3(run: Run) -> None:
    for address in ("http://127.0.0.1:9", "https://nowhere.invalid"):
        done = run("classify", "x", "--url", address)
        assert done.returncode == 3
        assert [fault.startswith(f"stance: {address} does not answer: ") for fault in faults(done)] == [True]


def test_a_service_without_a_model_is_3(run: Run, serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(tmp_path / "none").wait("/livez")
    done = run("analyze", "README.md", "--url", served.url)
    assert done.returncode == 3
    assert faults(done)[0].startswith(f"stance: {served.url} answers 503: ")


def test_the_service_is_asked_and_answers_the_same(run: Run, toy_served: Served, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(ARTICLE, encoding="utf-8")
    for form in ("ndjson", "csv", "table"):
        for asked, sent in (("classify", LINES.replace(b"12 34", b"")), ("analyze", b"")):
            arguments = [asked, "-" if asked == "classify" else file, *OPTIONS, "--format", form]
            here, there = run(*arguments, stdin=sent), run(*arguments, "--url", f"{toy_served.url}/", stdin=sent)
            assert here.stdout
            assert (there.returncode, there.stdout, there.stderr) == (here.returncode, here.stdout, here.stderr)


def test_more_than_a_window_at_the_service(run: Run, toy_served: Served) -> None:
    given = [BERLIN if number % 3 else WARSAW for number in range(900)]
    given[5], given[400] = "12", (BERLIN + " ") * 3000
    sent = "\n".join(given).encode()
    done = run("classify", "-", "--explain", "--format", "csv", "--url", toy_served.url, stdin=sent)
    assert done.returncode == 1
    assert faults(done) == ["stance: line 6: Has no letter.", "stance: line 401: Longer than 100000 code points."]
    rows = list(csv.DictReader(io.StringIO(done.stdout.decode(), newline="")))
    expected = [(str(n), "criticism" if n % 3 else "support") for n in range(900) if n not in {5, 400}]
    assert [(row["index"], row["label"]) for row in rows] == expected


def test_what_the_service_refuses_is_named_and_the_others_answered(
    run: Run, serve: Callable[..., Served], toy_models: Path, tmp_path: Path
) -> None:
    served = serve(toy_models, max_body_bytes=2000, max_article_chars=500).wait()
    sizes = {"a": 100, "b": 600, "c": 3000, "d": 100}
    for name, size in sizes.items():
        (tmp_path / name).write_text(BERLIN.ljust(size, "!"))
    done = run("analyze", *(tmp_path / name for name in sizes), "--url", served.url)
    assert done.returncode == 1
    assert [Path(one["file"]).name for one in lines(done)] == ["a", "d"]
    assert faults(done)[0] == f"stance: {tmp_path}/b: Longer than 500 code points."
    assert faults(done)[1].startswith(f"stance: {tmp_path}/c: ")


@pytest.fixture
def stranger() -> Iterator[Callable[[int, bytes], tuple[str, list[str | None]]]]:
    """A server that answers everything with one status and body, and remembers the keys that it was sent."""
    servers: list[HTTPServer] = []

    def start(status: int, body: bytes) -> tuple[str, list[str | None]]:
        keys: list[str | None] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                keys.append(self.headers["Authorization"])
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}", keys

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_a_refused_key_is_3_and_is_not_shown(run: Run, stranger: Any) -> None:
    url, keys = stranger(401, b'{"detail": "A key is needed."}')
    done = run("classify", "x", "--url", url, STANCE_API_KEY="sesame")
    assert (done.returncode, faults(done)) == (3, [f"stance: {url} answers 401: A key is needed."])
    assert run("classify", "x", "--url", url).returncode == 3
    assert keys == ["Bearer sesame", None]
    done = run("classify", "x", "--url", url, STANCE_API_KEY="ses\name")
    assert (done.returncode, faults(done)) == (3, ["stance: STANCE_API_KEY has a character that no key has"])


@pytest.mark.parametrize("status", [200, 301, 404, 500])
@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"index": 0}', b'{"detail": "What?", "request_id": "r"}'])
def test_another_server_is_3(run: Run, stranger: Any, status: int, body: bytes) -> None:
    url, _ = stranger(status, body)
    done = run("classify", "x", "--url", url)
    assert done.returncode == 3
    assert len(faults(done)) == 1
    assert done.stdout == b""


def test_a_terminal_gets_a_table_with_colours(toy_models: Path, tmp_path: Path) -> None:
    file = tmp_path / "article.txt"
    file.write_text(f"{ARTICLE} Vienna deplored {SECRET} \x1b[2J\x07.", encoding="utf-8")
    status, got = at_terminal(toy_models, [*STANCE, "analyze", str(file), "none", "--explain"])
    assert status == 1
    assert "\x1b[31mcriticism\x1b[0m" in got
    assert "\x1b[32msupport\x1b[0m" in got
    plain = ANSI.sub("", got)
    assert "\x1b" not in plain
    assert "\x07" not in plain
    assert SECRET in plain
    assert "stance: none: No such file or directory" in plain
    assert re.search(r"article.txt  criticism \d\.\d\d\n", plain)
    assert re.search(r"criticism 60%  neutral 20%  support 20%  ···██│····· -0.40", plain)
    assert re.search(r"mistake \+\d", plain)


def test_the_table_names_who_holds_a_stance(toy_models: Path, tmp_path: Path, run: Run) -> None:
    file = tmp_path / "article.txt"
    file.write_text(ARTICLE, encoding="utf-8")
    holders = [actor for actor in lines(run("analyze", file))[0]["actors"] if actor["label"]]
    _, got = at_terminal(toy_models, [*STANCE, "analyze", str(file), "--no-color"])
    for actor in holders:
        balance = re.escape(f"{actor['balance']:+.2f}")
        row = rf"{actor['name']} +{actor['kind']} +{actor['label']} {actor['confidence']:.2f}.+{balance} "
        assert re.search(row, got)


@pytest.mark.parametrize(("option", "more"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"}), ([], {"NO_COLOR": ""})])
def test_no_colours(toy_models: Path, option: list[str], more: dict[str, str]) -> None:
    status, got = at_terminal(
        toy_models, [*STANCE, "classify", BERLIN, "Warsaw welcomed the step.\n" * 30, *option], **more
    )
    assert status == 0
    assert ("\x1b" in got) == (more == {"NO_COLOR": ""})
    one, other = ANSI.sub("", got).splitlines()
    assert re.fullmatch(rf"criticism \d\.\d\d  {BERLIN}", one)
    assert re.fullmatch(r"support \d\.\d\d    Warsaw welcomed .+…", other)


def test_a_table_where_it_is_asked_for_has_no_colours_in_a_pipe(run: Run) -> None:
    done = run("classify", BERLIN, "--format", "table", "--min-confidence", "1", LC_ALL="C")
    assert re.fullmatch(rf"criticism \d\.\d\d low_confidence  {BERLIN}\n", done.stdout.decode())


def test_without_rich_a_terminal_gets_json(toy_models: Path) -> None:
    code = "import sys; sys.modules['rich'] = None; from service.cli import main; sys.exit(main(sys.argv[1:]))"
    status, got = at_terminal(toy_models, [sys.executable, "-c", code, "classify", BERLIN])
    assert (status, json.loads(got)["label"]) == (0, "criticism")
    status, got = at_terminal(toy_models, [sys.executable, "-c", code, "classify", BERLIN, "--format", "table"])
    assert status == 2


@pytest.mark.parametrize("form", [[], ["--format", "json"]])
def test_long_input_has_a_bar_on_stderr_alone(toy_models: Path, form: list[str]) -> None:
    here, there = pty.openpty()
    command = [*STANCE, "classify", "-", *form]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": there}
    with subprocess.Popen(command, cwd=ROOT, env=environment(toy_models), **pipes) as process:  # type: ignore[call-overload]
        os.close(there)
        process.stdin.write(BERLIN.encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        time.sleep(1.1)
        answers, _ = process.communicate(WARSAW.encode() + b"\n12\n" + WARSAW.encode(), timeout=60)
    shown = drain(here)
    assert process.returncode == 1
    assert b"\x1b" not in answers
    assert answers.count(b'"support"') >= 2
    assert "\x1b" in shown
    assert "line 3" in ANSI.sub("", shown)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A suite that is started in the background ignores Ctrl-C, and so would what it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_ends_it_quietly(toy_models: Path, interruptible: None) -> None:
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [*STANCE, "classify", "-"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(toy_models), **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write(BERLIN.encode() + b"\n")
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr.read() == b""
