/** Of this program, as package.json says it; a test compares. */
export const version = '0.1.0';
