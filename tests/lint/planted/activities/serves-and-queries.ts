import express from 'express'; // planted: boundaries/dependencies
import { Pool } from 'pg'; // planted: boundaries/dependencies

export const own = [express, Pool];
