import { Client } from 'pg';
import { runStatement } from '../../store/statement'; // planted: boundaries/dependencies
import { known } from '../knows-the-store'; // planted: boundaries/dependencies

export const asked = [new Client().query('SELECT whatever a plan says'), runStatement, known];
