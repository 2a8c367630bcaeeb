// A broadcaster with Node's `ws`: sends each message from /publish to all other connections. Prints its port.
import { WebSocketServer } from 'ws';

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false, backlog: 4096 });
const receivers = new Set();
server.on('connection', (socket, request) => {
  socket.on('error', () => {});
  if (request.url === '/publish') {
    socket.on('message', (data, binary) => {
      for (const receiver of receivers) {
        receiver.send(data, { binary });
      }
    });
  } else {
    receivers.add(socket);
    socket.on('close', () => receivers.delete(socket));
  }
});
server.on('listening', () => console.log(server.address().port));
