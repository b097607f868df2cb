const express = require('express');
const pino = require('pino');

const log = pino();
const app = express();
const port = Number(process.env.PORT ?? 8080);

app.get('/', (request, response) => response.json({ hello: request.query.name ?? 'world' }));
app.get('/health', (request, response) => response.send('ok'));

app.listen(port, () => log.info({ port }, 'listening'));
