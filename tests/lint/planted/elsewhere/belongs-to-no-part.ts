export const homeless = true; // planted: boundaries/no-unknown-files
