"""FastAPI apps whose WebSocket at /chat has a dependency, one for each place where it may stand, and what clients hear there."""

from fastapi import APIRouter, Depends, FastAPI, WebSocket, WebSocketException
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect


async def only_with_token(websocket: WebSocket):
    if websocket.query_params.get("token") != "good":
        raise WebSocketException(1008)


GUARD = [Depends(only_with_token)]


async def chat(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("original")
    await websocket.close()


def with_route_dependencies():
    app = FastAPI()
    app.add_api_websocket_route("/chat", chat, dependencies=GUARD)
    return app


def with_app_dependencies():
    app = FastAPI(dependencies=GUARD)
    app.add_api_websocket_route("/chat", chat)
    return app


def with_router_dependencies():
    router, app = APIRouter(dependencies=GUARD), FastAPI()
    router.add_api_websocket_route("/chat", chat)
    app.include_router(router)
    return app


def with_include_dependencies():
    inner, outer, app = APIRouter(), APIRouter(), FastAPI()
    inner.add_api_websocket_route("", chat)
    outer.include_router(inner, prefix="/chat", dependencies=GUARD)
    app.include_router(outer)
    return app


def with_a_mounted_app():
    return Starlette(routes=[Mount("/", with_router_dependencies())])


APPS = [
    with_route_dependencies,
    with_app_dependencies,
    with_router_dependencies,
    with_include_dependencies,
    with_a_mounted_app,
]


def heard(app, path):
    """Return what a WebSocket client hears at a path: a text, or the close code of a refusal."""
    try:
        with TestClient(app).websocket_connect(path) as session:
            return session.receive_text()
    except WebSocketDisconnect as refusal:
        return refusal.code
