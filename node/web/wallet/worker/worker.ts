/** The wallet's worker: the service, answering messages. */
import { serve } from './rpc.js';
import { WalletService } from './service.js';
import type { Event } from './types.js';

serve<Event>(self, tell => new WalletService(tell));
