// A webhook receiver that verifies as the guide's Node.js sample does, without a framework.
import crypto from 'node:crypto';
import http from 'node:http';

http.createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const signature = request.headers['x-dgs-signature'];
    const expected = crypto
      .createHmac('sha256', process.env.DGS_WEBHOOK_SECRET)
      .update(body)
      .digest('hex');
    // Like the sample, this throws when the lengths differ: ours is always 64 characters.
    if (!crypto.timingSafeEqual(Buffer.from(signature), Buffer.from(expected))) {
      console.log('refused');
      response.writeHead(401).end('Unauthorized');
      return;
    }
    JSON.parse(body).event;
    console.log('accepted');
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ status: 'received' }));
  });
}).listen(Number(process.env.PORT), '127.0.0.1');
