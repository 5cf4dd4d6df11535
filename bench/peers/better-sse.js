// A channel of better-sse for each topic, as its documentation has it.
import { createChannel, createSession } from "better-sse";
import express from "express";

const app = express();
const channels = new Map();

function channel(topic) {
  if (!channels.has(topic)) channels.set(topic, createChannel());
  return channels.get(topic);
}

app.get("/sse", async (request, response) => {
  channel(request.query.topic).register(await createSession(request, response));
});

app.post("/topics/:topic", express.text({ type: "*/*" }), (request, response) => {
  channel(request.params.topic).broadcast(request.body);
  response.json({});
});

const server = app.listen(0, "127.0.0.1", 4096, () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
