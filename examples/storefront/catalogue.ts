/** The invented goods of Larkspur Lane. Nothing here is personal, and the policy says so of the table. */
export interface Product {
  readonly id: string;
  readonly name: string;
  readonly line: string;
  readonly shelf: string;
  readonly text: string;
  readonly picture: string;
  readonly cents: number;
}

export const products: readonly Product[] = [
  {
    id: 'larkspur-seeds',
    name: 'Larkspur, mixed blues',
    line: 'Seed for four square metres',
    shelf: 'Seeds',
    text: 'The flower the lane is named after. Sow in October where it is to bloom, thin to a hand’s width, and stand back in June. Saved by hand from our own border.',
    picture: 'Seed packet with a larkspur printed on it',
    cents: 350,
  },
  {
    id: 'watering-can',
    name: 'Copper watering can',
    line: 'Holds six litres, pours a drizzle',
    shelf: 'Tools',
    text: 'Riveted, not glued, with a rose that pours like the end of a shower of rain. It goes brown, then green, and outlives us all.',
    picture: 'Copper watering can',
    cents: 4200,
  },
  {
    id: 'trowel',
    name: 'Ash-handled trowel',
    line: 'Forged in one piece',
    shelf: 'Tools',
    text: 'A blade that does not bend at the neck and a handle that fits a wet hand. Inch marks on the back, for bulbs.',
    picture: 'Hand trowel with an ash handle',
    cents: 1850,
  },
  {
    id: 'terracotta-pots',
    name: 'Terracotta pots',
    line: 'Three sizes that nest',
    shelf: 'Pots',
    text: 'Thrown thick enough for frost. Leave them empty for a winter and they go the colour of an old wall.',
    picture: 'Three terracotta pots, one with seedlings',
    cents: 2400,
  },
  {
    id: 'bee-house',
    name: 'Solitary bee house',
    line: 'Reeds and oak, hang it to the south',
    shelf: 'Garden',
    text: 'For the bees that live alone and sting nobody. Reeds in four widths, a roof that sheds rain, and room for a hundred and twenty.',
    picture: 'Wooden house for solitary bees',
    cents: 2900,
  },
  {
    id: 'twine',
    name: 'Jute twine on a spool',
    line: 'Eighty metres, three-ply',
    shelf: 'Tools',
    text: 'Holds sweet peas to a cane and a parcel to its paper. Rots when its work is done, which is the point.',
    picture: 'Spool of jute twine',
    cents: 725,
  },
  {
    id: 'stoneware-jug',
    name: 'Speckled stoneware jug',
    line: 'A litre, or nine stems',
    shelf: 'House',
    text: 'Dipped once in river-blue glaze, fired twice. It was made for milk and has held flowers ever since.',
    picture: 'Speckled stoneware jug with larkspur stems',
    cents: 3100,
  },
  {
    id: 'beeswax-candles',
    name: 'Beeswax candles',
    line: 'A pair, eleven hours each',
    shelf: 'House',
    text: 'Dipped thirty times from a neighbour’s wax. They smell of August and do not drip if you keep them from the window.',
    picture: 'Pair of beeswax candles',
    cents: 1400,
  },
];

/** What it costs to send a parcel, whatever is in it. */
export const sendingCents = 495;
