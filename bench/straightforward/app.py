"""The API: an uploaded file becomes a row, a file and a message; a task is read by its id."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, UploadFile
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from bench.straightforward.models import Base, Task, engine, session

UPLOADS = Path(os.environ["UPLOADS"])


class TaskOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    filename: str
    size: int
    status: str
    md5: str | None
    created_at: datetime
    finished_at: datetime | None


def session_of_request() -> Iterator[Session]:
    with session() as db:
        yield db


Database = Annotated[Session, Depends(session_of_request)]


def create_app(enqueue: Callable[[str], object]) -> FastAPI:
    """The API in front of any queue: `enqueue` sends a task's id to a worker."""
    Base.metadata.create_all(engine)
    app = FastAPI()

    @app.post("/tasks", status_code=202, response_model=TaskOut)
    def hand_over(file: UploadFile, db: Database) -> Task:
        task_id = str(uuid.uuid4())
        with open(UPLOADS / task_id, "wb") as stored:
            shutil.copyfileobj(file.file, stored)
            size = stored.tell()
        task = Task(id=task_id, filename=file.filename or "", size=size)
        db.add(task)
        db.commit()
        db.refresh(task)
        enqueue(task.id)
        return task

    @app.get("/tasks/{task_id}", response_model=TaskOut)
    def get_task(task_id: str, db: Database) -> Task:
        task = db.get(Task, task_id)
        if task is None:
            raise HTTPException(404)
        return task

    return app
