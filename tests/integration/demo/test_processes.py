"""The supervisor with real processes, and the mailbox as one of them."""

import asyncio
import json
import os
import signal
import smtplib
import socket
import sys

import pytest

from doorwatch.demo.processes import DemoError, Process, Supervisor, free_port


def test_a_port_in_use_is_named_with_the_cure():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DemoError, match=rf"port {port} can't be used .*choose another --port"):
            free_port(port)


async def until(condition, seconds=20):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_killed_process_is_said_and_started_again(tmp_path):
    said = []
    supervisor = Supervisor(said.append)
    process = Process("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], tmp_path)
    await supervisor.start(process)
    first = process.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: process.pid not in {None, first})
    assert said == [f"the sleeper was killed (signal 9); starting it again (log: {tmp_path / 'sleeper.log'})"]
    await supervisor.stop()
    assert not process.running


async def test_a_process_that_ignores_the_request_to_stop_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("doorwatch.demo.processes._STOP_SECONDS", 0.2)
    lines = []
    code = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
    )
    process = Process("stubborn", [sys.executable, "-c", code], tmp_path, on_line=lines.append)
    await process.start()
    await until(lambda: lines)
    await process.stop()
    assert not process.running


async def test_the_end_of_the_log_tells_why_a_part_broke(tmp_path):
    process = Process("broken", [sys.executable, "-c", "raise SystemExit('no such door')"], tmp_path)
    await process.start()
    assert await process.wait() == 1
    assert process.failure() == "  broken: no such door"


async def test_the_mailbox_keeps_each_mail_and_says_so(tmp_path):
    port, arrivals = free_port(), []
    command = [sys.executable, "-m", "doorwatch.demo.mailbox", "--folder", str(tmp_path / "mail"), "--port", str(port)]
    process = Process("mailbox", command, tmp_path, on_line=lambda line: arrivals.append(json.loads(line)))
    await process.start()

    def send():
        with smtplib.SMTP("127.0.0.1", port) as server:
            text = "Subject: =?utf-8?q?tailgating_at_S=C3=BCd?=\r\n\r\nbody\r\n"
            server.sendmail("a@example.com", ["desk@example.com"], text)

    async def sent():
        while True:
            try:
                return await asyncio.to_thread(send)
            except ConnectionRefusedError:
                await asyncio.sleep(0.05)

    await asyncio.wait_for(sent(), 60)
    await until(lambda: arrivals)
    await process.stop()
    assert arrivals[0]["to"] == "desk@example.com"
    assert arrivals[0]["subject"] == "tailgating at Süd"
    assert b"body" in (tmp_path / "mail" / "0001.eml").read_bytes()
