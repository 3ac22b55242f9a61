/**
 * The random combination of the subspace check, by the method of the four Russians. The matrix is public, and so are the
 * addresses it names; the rows are secret, and nothing depends on them.
 */

/** table[s] = sum of those of four rows that s names, 16 bytes each; table[0] = 0. */
// @ts-ignore: decorator
@inline
function sumsOfFour(table: usize, rows: usize): void {
  v128.store(table, i64x2.splat(0));
  for (let size: usize = 16; size < 256; size <<= 1, rows += 16) {
    const row = v128.load(rows);
    for (let s: usize = 0; s < size; s += 16) v128.store(table + size + s, v128.xor(v128.load(table + s), row));
  }
}

/** The two sums that one byte of the matrix names. */
// @ts-ignore: decorator
@inline
function named(table: usize, byte: u32): v128 {
  return v128.xor(v128.load(table + <usize>((byte & 15) << 4)), v128.load(table + <usize>(byte & 0xf0), 256));
}

/**
 * sums += R'*rows, 128 sums of 16 bytes. Byte r of group g of the matrix holds, for sum r, the coefficients of rows 8g to
 * 8g+7. Two groups at a time: a sum is loaded and stored once for four lookups. `tables`: 1 KiB.
 */
export function combineRows(sums: usize, matrix: usize, rows: usize, groups: i32, tables: usize): void {
  for (; groups > 1; groups -= 2, rows += 256, matrix += 256) {
    for (let t: usize = 0; t < 4; t++) sumsOfFour(tables + (t << 8), rows + (t << 6));
    for (let r: usize = 0; r < 128; r++) {
      const first = named(tables, load<u8>(matrix + r));
      const second = named(tables + 512, load<u8>(matrix + r, 128));
      const sum = sums + (r << 4);
      v128.store(sum, v128.xor(v128.load(sum), v128.xor(first, second)));
    }
  }
  if (groups === 0) return;
  sumsOfFour(tables, rows);
  sumsOfFour(tables + 256, rows + 64);
  for (let r: usize = 0; r < 128; r++) {
    const sum = sums + (r << 4);
    v128.store(sum, v128.xor(v128.load(sum), named(tables, load<u8>(matrix + r))));
  }
}

/** sums += matrix AND x, a byte of x a group: 128 bytes whose parities are R'*x. */
export function combineBits(sums: usize, matrix: usize, x: usize, groups: i32): void {
  const end = x + <usize>groups;
  for (; x < end; x++, matrix += 128) {
    const bits = v128.load_splat<u8>(x);
    for (let r: usize = 0; r < 128; r += 16) {
      v128.store(sums + r, v128.xor(v128.load(sums + r), v128.and(bits, v128.load(matrix + r))));
    }
  }
}
