// Loan, orders and repayment with ccxt for JavaScript, in the folder of that client: ADDRESS KEY SECRET.
import ccxt from 'ccxt';

const [address, apiKey, secret] = process.argv.slice(-3);
const exchange = new ccxt.pro.binance({ apiKey, secret, options: { fetchMarkets: { types: ['spot'] }, fetchMargins: true } });
const here = { 'https:': address, 'wss:': address.replace('http', 'ws') };
const atHome = (urls) => (typeof urls === 'string')
  ? here[new URL(urls).protocol] + new URL(urls).pathname
  : Object.fromEntries(Object.entries(urls).map(([name, url]) => [name, atHome(url)]));
exchange.urls.api = atHome(exchange.urls.api);
const cross = { marginMode: 'cross' };
const symbol = 'BTC/USDT';

const markets = await exchange.loadMarkets();
const moved = await exchange.transfer('USDT', 1000, 'spot', 'margin');
await exchange.borrowCrossMargin('USDT', 500);
const bought = await exchange.createOrder(symbol, 'market', 'buy', 0.01, undefined, cross);
const resting = await exchange.createOrder(symbol, 'limit', 'buy', 0.01, 50000, cross);
const opened = await exchange.fetchOpenOrders(symbol, undefined, undefined, cross);
const canceled = await exchange.cancelOrder(resting.id, symbol, cross);
const pair = await exchange.sapiPostMarginOrderOco({
  symbol: 'BTCUSDT', side: 'SELL', quantity: '0.005', price: '70000', stopPrice: '50000', stopLimitPrice: '49900',
  stopLimitTimeInForce: 'GTC',
});
const ended = await exchange.sapiDeleteMarginOrderList({ symbol: 'BTCUSDT', orderListId: pair.orderListId });
const trades = await exchange.fetchMyTrades(symbol, undefined, undefined, cross);
await exchange.repayCrossMargin('USDT', 100);

await exchange.loadHttpProxyAgent(); // What it wants where an address is no wss://.
const watched = exchange.watchOrders(symbol, undefined, undefined, { ...cross, type: 'margin' });
let told = false;
watched.then(() => { told = true; });
// Whoever watches is not told when the telling begins, so something happens until it has been told of.
while (!told) {
  await exchange.createOrder(symbol, 'market', 'buy', 0.001, undefined, cross);
  await Promise.race([watched, new Promise((resolve) => setTimeout(resolve, 500))]);
}
const heard = await watched;


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
  pair: [pair.contingencyType, ended.listOrderStatus],
  traded: trades.reduce((sum, trade) => sum + trade.amount, 0),
  owes: balance.USDT.debt > 400 && balance.USDT.debt < 401,
  heard: [heard[heard.length - 1].symbol, heard[heard.length - 1].id !== undefined],
  refused,
}));
process.exit(0); // Closing would reject what is still watched.
