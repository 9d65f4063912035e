// What a user of npm `binance` does with special keys, in the folder of that client: ADDRESS KEY SECRET.
// The account may have special keys. Prints one JSON object: every answer by the name that the session gives it.
import { generateKeyPairSync } from 'node:crypto';
import { MainClient } from 'binance';

const [address, key, secret] = process.argv.slice(-3);
const answers = {};
const owner = new MainClient({ api_key: key, api_secret: secret, baseUrl: address });

async function keep(name, asked) {
  try {
    answers[name] = await asked;
  } catch (refusal) {
    answers[name] = { code: refusal.code, message: refusal.message };
  }
  return answers[name];
}

const pair = generateKeyPairSync('ed25519', {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

const made = await keep('create', owner.createMarginSpecialLowLatencyKey({ apiName: 'bot', publicKey: pair.publicKey }));
await keep('create_hmac', owner.createMarginSpecialLowLatencyKey({ apiName: 'other', ip: '127.0.0.1' }));
await keep('query', owner.getMarginSpecialLowLatencyKey({ apiKey: made.apiKey }));
await keep('list', owner.getMarginSpecialLowLatencyKeys({}));

const bot = new MainClient({ api_key: made.apiKey, api_secret: pair.privateKey, baseUrl: address });
const order = { symbol: 'BTCUSDT', side: 'BUY', quantity: '0.01' };
await keep('filled', bot.submitNewOrder({ ...order, type: 'MARKET', newOrderRespType: 'FULL' }));
const resting = { ...order, type: 'LIMIT', timeInForce: 'GTC', price: '50000', newOrderRespType: 'RESULT' };
const rests = await keep('resting', bot.submitNewOrder(resting));
await keep('open_orders', bot.getOpenOrders({ symbol: 'BTCUSDT' }));
await keep('account', bot.getAccountInformation());
await keep('borrowing', bot.submitNewOrder({ ...resting, sideEffectType: 'MARGIN_BUY' }));
await keep('on_sapi', bot.queryCrossMarginAccountDetails({}));
await keep('cancelled', bot.cancelOrder({ symbol: 'BTCUSDT', orderId: rests.orderId }));

await keep('edited', owner.updateMarginIPForSpecialLowLatencyKey({ apiKey: made.apiKey, ip: '10.0.0.7' }));
await keep('shut_out', bot.getAccountInformation());
await keep('no_loan', owner.getMarginLiquidationLoan());
await keep('no_repayments', owner.getMarginLiquidationLoanRepayHistory({}));
await keep('deleted', owner.deleteMarginSpecialLowLatencyKey({ apiName: 'other' }));
await keep('deleted_one', owner.deleteMarginSpecialLowLatencyKey({ apiKey: made.apiKey }));
await keep('exit', owner.exitMarginSpecialKeyMode());
await keep('list_at_last', owner.getMarginSpecialLowLatencyKeys({}));
console.log(JSON.stringify(answers));
