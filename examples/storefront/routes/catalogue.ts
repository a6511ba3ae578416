import { Router } from 'express';
import { productOf, type StoredProduct } from '../goods.js';
import type { Shop } from '../shop.js';

/** The shelves. They need no cookie and know nobody. */
export function catalogueRoutes({ database, pages }: Shop): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    const products = (await database.query<StoredProduct>('select * from products order by place')).map(productOf);
    await pages.send(req, res, { page: 'catalogue', data: { products }, json: { products } });
  });
  router.get('/products/:id', async (req, res, next) => {
    const [row] = await database.query<StoredProduct>('select * from products where id = $1', [req.params.id]);
    if (row === undefined) return next();
    const product = productOf(row);
    await pages.send(req, res, { page: 'product', data: { product }, json: product });
  });
  return router;
}
