// The tutorial's server, with a way to publish: every reader is a response that is kept and written to.
import express from "express";

const app = express();
const readers = new Map();

app.get("/sse", (request, response) => {
  const topic = request.query.topic;
  response.set({
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-cache",
    Connection: "keep-alive",
  });
  response.flushHeaders();
  if (!readers.has(topic)) readers.set(topic, new Set());
  readers.get(topic).add(response);
  request.on("close", () => readers.get(topic).delete(response));
});

app.post("/topics/:topic", express.text({ type: "*/*" }), (request, response) => {
  for (const reader of readers.get(request.params.topic) ?? []) {
    reader.write(`data: ${request.body}\n\n`);
  }
  response.json({});
});

const server = app.listen(0, "127.0.0.1", 4096, () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
