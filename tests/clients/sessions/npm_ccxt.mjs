// Loan, orders and repayment with ccxt for JavaScript, in the folder of that client: ADDRESS KEY SECRET.
import ccxt from 'ccxt';

const [address, apiKey, secret] = process.argv.slice(-3);
const exchange = new ccxt.binance({ apiKey, secret, options: { fetchMarkets: { types: ['spot'] }, fetchMargins: true } });
for (const [name, url] of Object.entries(exchange.urls.api)) {
  if (typeof url === 'string') exchange.urls.api[name] = address + new URL(url).pathname;
}
const cross = { marginMode: 'cross' };
const symbol = 'BTC/USDT';

const markets = await exchange.loadMarkets();
const moved = await exchange.transfer('USDT', 1000, 'spot', 'margin');
await exchange.borrowCrossMargin('USDT', 500);
const bought = await exchange.createOrder(symbol, 'market', 'buy', 0.01, undefined, cross);
const resting = await exchange.createOrder(symbol, 'limit', 'buy', 0.01, 50000, cross);
const opened = await exchange.fetchOpenOrders(symbol, undefined, undefined, cross);
const canceled = await exchange.cancelOrder(resting.id, symbol, cross);
const trades = await exchange.fetchMyTrades(symbol, undefined, undefined, cross);
await exchange.repayCrossMargin('USDT', 100);
const balance = await exchange.fetchBalance({ type: 'margin' });
let refused = '';
try {
  await exchange.createOrder(symbol, 'limit', 'buy', 100, 50000, cross);
} catch (refusal) {
  refused = refusal.constructor.name;
}
console.log(JSON.stringify({
  margin: markets[symbol].margin,
  moved: Number(moved.id) > 0,
  bought: bought.status,
  opened: opened.map((order) => order.id).join() === resting.id,
  canceled: canceled.status,
  traded: trades.reduce((sum, trade) => sum + trade.amount, 0),
  owes: balance.USDT.debt > 400 && balance.USDT.debt < 401,
  refused,
}));
