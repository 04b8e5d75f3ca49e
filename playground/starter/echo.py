from starlette.endpoints import WebSocketEndpoint


class Echo(WebSocketEndpoint):
    encoding = "text"

    async def on_connect(self, websocket):
        await websocket.accept()

    async def on_receive(self, websocket, data):
        await websocket.send_text(f"you said: {data}")

    async def on_disconnect(self, websocket, close_code):
        print(f"bye, {close_code}")
