"""The worker process: turns, and beside them search, assignment, mails, notes and telling other systems."""

import signal

from switchboard import queue
from switchboard.crm.connect import make_crm
from switchboard.crm.notes import Notes
from switchboard.database.engine import make_engine
from switchboard.database.listen import Listener
from switchboard.knowledge.indexing import Indexer
from switchboard.mail.postman import Postman
from switchboard.routing.router import Router
from switchboard.settings import Settings
from switchboard.turns.rasa import RasaClient
from switchboard.turns.worker import Worker
from switchboard.webhooks.worker import Deliveries


def work(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT; turns under way are finished."""
    engine = make_engine(settings, pool_size=settings.worker_threads + 7)
    crm = make_crm(settings, engine)
    worker = Worker(settings, engine, RasaClient(settings), crm)
    beside = (
        Listener(settings, queue.CHANNEL, worker.notice),
        Deliveries(settings),
        Indexer(settings),
        Router(settings, engine),
        Postman(settings, engine),
        Notes(engine, crm),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    threads = worker.start()
    for part in beside:
        part.start()
    for thread in threads:
        thread.join()
    for part in beside:
        part.stop()
