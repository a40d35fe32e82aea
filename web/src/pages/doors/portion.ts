/** So many doors are asked for at first, and more when wanted: an account may have ten thousand. */
export const PORTION = 40;
