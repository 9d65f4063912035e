// Loan, orders, OCO, OTO and repayment with npm `binance`, in the folder of that client: ADDRESS KEY SECRET.
import { MainClient, WebsocketClient } from 'binance';

const [address, key, secret] = process.argv.slice(-3);
const client = new MainClient({ api_key: key, api_secret: secret, baseUrl: address });
const order = { symbol: 'BTCUSDT', isIsolated: 'FALSE' };

const heard = [];
const sockets = new WebsocketClient({
  api_key: key, api_secret: secret, wsUrl: address.replace('http', 'ws'), restOptions: { baseUrl: address },
});
const listed = new Promise((resolve) => sockets.on('message', (event) => {
  heard.push(event.e);
  if (event.e === 'listStatus') resolve();
}));
sockets.on('exception', (problem) => { throw problem; });
await sockets.subscribeCrossMarginUserDataStream();

const moved = await client.submitUniversalTransfer({ type: 'MAIN_MARGIN', asset: 'USDT', amount: 1000 });
const loan = { asset: 'USDT', isIsolated: 'FALSE', symbol: 'BTCUSDT' };
await client.submitMarginAccountBorrowRepay({ ...loan, amount: '500', type: 'BORROW' });
const bought = await client.marginAccountNewOrder({ ...order, side: 'BUY', type: 'MARKET', quantity: 0.01, newOrderRespType: 'FULL' });
const resting = await client.marginAccountNewOrder({ ...order, side: 'BUY', type: 'LIMIT', quantity: 0.01, price: 50000.5, timeInForce: 'GTC' });
const found = await client.queryMarginAccountOrder({ ...order, orderId: resting.orderId });
const opened = await client.queryMarginAccountOpenOrders(order);
const canceled = await client.marginAccountCancelOrder({ ...order, orderId: resting.orderId });
const pair = await client.marginAccountNewOCO({
  ...order, side: 'SELL', quantity: 0.005, price: 70000, stopPrice: 50000, stopLimitPrice: 49900, stopLimitTimeInForce: 'GTC',
});
const ended = await client.marginAccountCancelOCO({ ...order, orderListId: pair.orderListId });
const trades = await client.queryMarginAccountTradeList(order);
await client.submitMarginAccountBorrowRepay({ ...loan, amount: '100', type: 'REPAY' });
const account = await client.queryCrossMarginAccountDetails({});
await listed;

let refused = 0;
try {
  await client.marginAccountNewOrder({ ...order, side: 'BUY', type: 'LIMIT', quantity: 0.01, price: 50000 });
} catch (refusal) {
  refused = refusal.code;
}
console.log(JSON.stringify({
  moved: moved.tranId > 0,
  bought: bought.status,
  found: found.status,
  opened: opened.map((row) => row.orderId).join() === String(resting.orderId),
  canceled: canceled.status,
  pair: pair.contingencyType,
  ended: ended.listOrderStatus,
  traded: trades.reduce((sum, row) => sum + Number(row.qty), 0),
  borrowed: Number(account.userAssets.find((row) => row.asset === 'USDT').borrowed) < 401,
  heard: heard.slice(0, heard.indexOf('listStatus') + 1),
  refused,
}));
process.exit(0); // Its timers would keep the process for most of an hour.
