"""`doorwatch gateway ...` as it is typed."""

import asyncio
import json
import subprocess
import sys

from doorwatch.spool import Spool


def run(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "doorwatch", "gateway", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


async def fill(folder):
    async with await Spool.open(folder, ["webhooks", "logs"]) as spool:
        for number in range(3):
            await spool.put("webhooks", f"door{number}", json.dumps({"n": number}).encode())
        for _ in range(2):
            (item,) = await spool.take("webhooks")
            spool.bury("webhooks", item, "HTTP 422: timestamp: is missing")


def test_queues_dead_letters_and_the_proof_of_the_spool(tmp_path):
    asyncio.run(fill(tmp_path))
    folder = ("--data-dir", str(tmp_path))
    code, out, _ = run("queue", "list", *folder, "--json")
    assert code == 0
    first = json.loads(out.splitlines()[0])
    assert (first["queue"], first["waiting"], first["dead"]) == ("webhooks", 1, 2)
    code, out, _ = run("queue", "show", *folder)
    assert code == 0
    assert out.count("HTTP 422: timestamp: is missing") == 2
    code, out, _ = run("queue", "export", *folder)
    letters = [json.loads(line) for line in out.splitlines()]
    assert [letter["payload"] for letter in letters] == [{"n": 0}, {"n": 1}]
    assert run("queue", "drop", str(letters[0]["id"]), *folder) == (0, "1 dead letters were dropped\n", "")
    assert run("queue", "retry", "--all", *folder) == (0, "1 dead letters are queued again\n", "")
    assert run("check", *folder) == (0, f"{tmp_path}: sound; 2 items wait\n", "")


def test_mistakes_are_one_sentence(tmp_path):
    for arguments, text in (
        (("queue", "list", "--data-dir", str(tmp_path)), "holds no spool"),
        (("queue", "list"), "--config values.yaml or by --data-dir"),
        (("queue", "drop", "--data-dir", str(tmp_path)), "by number, or give --all"),
        (("check", "--config", str(tmp_path / "none.yaml")), "cannot be read"),
    ):
        code, _, error = run(*arguments)
        assert code == 1
        assert text in error
        assert "Traceback" not in error
    code, _, error = run()
    assert code == 2
    assert "--config values.yaml" in error


def test_the_small_entry_loads_neither_the_command_line_nor_the_server():
    program = (
        "import sys; sys.argv = ['x', '--help']\n"
        "import runpy\n"
        "try: runpy.run_module('doorwatch.gateway', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "import doorwatch.gateway.service\n"
        "print(sorted({'rich', 'typer', 'structlog', 'sqlalchemy', 'fastapi', 'prometheus_client', 'numpy'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"
