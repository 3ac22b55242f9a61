/**
 * `Promise.withResolvers`, which libp2p 3 needs and Node 20 lacks (Node 22 has it). Imported before libp2p is.
 */
interface Resolvers<T> {
  promise: Promise<T>;
  resolve: (value: T | PromiseLike<T>) => void;
  reject: (reason?: unknown) => void;
}

const promises: PromiseConstructor & { withResolvers?: <T>() => Resolvers<T> } = Promise;

promises.withResolvers ??= function withResolvers<T>(): Resolvers<T> {
  let resolve: Resolvers<T>['resolve'] = () => {};
  let reject: Resolvers<T>['reject'] = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};
