// Addresses and blocks, to find the VPC that has one.

function bytesOf(text) {
  if (/^\d+(\.\d+){3}$/.test(text)) {
    const bytes = text.split(".").map(Number);
    return bytes.every((byte) => byte < 256) ? bytes : null;
  }
  if (!/^[0-9a-f:]+$/i.test(text) || !text.includes(":")) return null;
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const words = (half) => (half ? half.split(":") : []);
  const [head, tail] = [words(halves[0]), words(halves[1] || "")];
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 0 : gap !== 0) return null;
  const all = [...head, ...Array(gap).fill("0"), ...tail].map((word) => parseInt(word, 16));
  return all.every((word) => word >= 0 && word < 65536) ? all.flatMap((word) => [word >> 8, word & 255]) : null;
}

// True where a block has an address, or all of another block.
function holds(block, text) {
  const [blockBytes, blockBits] = [bytesOf(block.split("/")[0]), Number(block.split("/")[1])];
  const [address, length] = text.split("/");
  const bytes = bytesOf(address);
  if (!bytes || !blockBytes || bytes.length !== blockBytes.length) return false;
  if (length !== undefined && !(Number(length) >= blockBits)) return false;
  return bytes.every((byte, at) => {
    const mask = (0xff00 >> Math.max(0, Math.min(8, blockBits - 8 * at))) & 255;
    return (byte & mask) === (blockBytes[at] & mask);
  });
}
